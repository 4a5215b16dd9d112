import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { ROOMS } from "./walls/rooms.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGES = globSync(["*.md", "docs/**/*.md", "packages/*/*.md", "workloads/*/*.md", "workloads/*/reports/*.md", "bench/*.md"], { cwd: ROOT }).sort();

interface Link {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

/** Relative links of a page; code is not text. */
export function readLinks(page: string, text: string): readonly Link[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, (block) => block.replaceAll(/[^\n]/g, "")).replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => ({ page, line: prose.slice(0, match.index).split("\n").length, target: match[1] ?? "" }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The heading's anchor, as code hosts make it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function problemOf({ page, target }: Link): string | null {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
  if (!existsSync(file)) return `there is no ${target}`;
  if (anchor === undefined) return null;
  const headings = [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1] ?? ""));
  return headings.includes(anchor) ? null : `there is no heading #${anchor} in ${path}`;
}

describe("the documentation", () => {
  it("has no relative link that leads nowhere", () => {
    assert.ok(PAGES.length > 10, "the pages were not found");
    const links = PAGES.flatMap((page) => readLinks(page, readFileSync(join(ROOT, page), "utf8")));
    assert.ok(links.length > 20, "the links were not found");
    const broken = links.flatMap((link) => {
      const problem = problemOf(link);
      return problem === null ? [] : [`${link.page}:${link.line}: ${problem}`];
    });
    assert.deepEqual(broken, []);
  });

  it("finds a broken link, and leaves code alone", () => {
    const links = readLinks("README.md", "[a](nowhere.md)\n```\n[b](c.md)\n```\n`[d](e.md)` [f](https://example.org) [g](README.md#no-such-heading)");
    assert.deepEqual(
      links.map((link) => problemOf(link) ?? "fine"),
      ["there is no nowhere.md", "there is no heading #no-such-heading in README.md"],
    );
  });

  it("has the rooms in ARCHITECTURE.md, in the order that the walls keep", () => {
    const text = readFileSync(join(ROOT, "docs/ARCHITECTURE.md"), "utf8");
    const table = text.slice(text.indexOf("## Rooms"), text.indexOf("## What never happens"));
    assert.deepEqual(
      [...table.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]),
      ROOMS,
    );
  });

  it("names only sources that exist in ARCHITECTURE.md", () => {
    const text = readFileSync(join(ROOT, "docs/ARCHITECTURE.md"), "utf8");
    const named = [...text.matchAll(/`([a-z-]+(?:\/[a-z-]+)*\.ts)`/g)].map((match) => match[1] ?? "");
    assert.ok(named.length > 15);
    const places = ["packages/runtime/src", "."];
    assert.deepEqual(
      named.filter((path) => path !== "index.ts" && path !== "ports.ts" && !places.some((place) => existsSync(join(ROOT, place, path)))),
      [],
    );
  });

  it("has one number for each decision", () => {
    const numbers = globSync("docs/decisions/*.md", { cwd: ROOT }).map((path) => /(\d{4})-/.exec(path)?.[1]);
    assert.ok(numbers.every((number) => number !== undefined));
    assert.equal(new Set(numbers).size, numbers.length, numbers.join(" "));
  });
});
