import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { it } from "node:test";
import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import { EXIT } from "../../src/cli/exit-codes.ts";
import { testTerminal } from "./test-terminal.ts";

const page = await readFile(new URL("../../../../docs/reference/cli.md", import.meta.url), "utf8");

/** "cofferdam jobs" to its arguments and flags, from commander's tree. */
function expectedOf(command: Command, path: string): [string, string[]][] {
  const shown = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const own: [string, string[]][] = path === "cofferdam" ? [] : [[[path, ...shown].join(" "), command.options.map((option) => `${option.flags} ${option.description}`)]];
  return [...own, ...command.commands.flatMap((child) => expectedOf(child, `${path} ${child.name()}`))];
}

function writtenOf(text: string): [string, string[]][] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const heading = /^`(.+)`/.exec(section)?.[1] ?? "";
      const rows = [...section.matchAll(/^\| `(-[^`]+)`\s*\| (.*?)\s*\|$/gm)];
      return [
        heading,
        rows.map(
          (row) => `${row[1]} ${(row[2] ?? "").replace(/ \(default: [^)]*\)$/, (suffix) => (suffix.includes("cofferdam.config") || suffix.includes("the ") ? suffix : ""))}`,
        ),
      ];
    });
}

it("docs/reference/cli.md has exactly the commands and options of the tree", () => {
  const expected = expectedOf(
    buildProgram(testTerminal().terminal, () => {}),
    "cofferdam",
  );
  assert.deepEqual(new Map(writtenOf(page)), new Map(expected));
});

it("docs/reference/cli.md has exactly the exit codes", () => {
  const table = page.slice(page.indexOf("## Exit codes"), page.indexOf("## Status lines"));
  const codes = [...table.matchAll(/^\| (\d+) /gm)].map((row) => Number(row[1]));
  assert.deepEqual(
    codes,
    Object.values(EXIT).sort((a, b) => a - b),
  );
});
