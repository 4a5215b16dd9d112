// What the tests share: a site on a loopback socket, an attempt's scratch directory, and our own look into /proc (the package is not asked about itself).
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Site extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  /** Resolves when each of these paths has been asked for. */
  untilAsked(paths: readonly string[]): Promise<void>;
}

export async function openSite(pages: Readonly<Record<string, string | ((request: IncomingMessage, response: ServerResponse) => void)>>): Promise<Site> {
  const asked: string[] = [];
  const visits = new EventEmitter();
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    visits.emit("visit");
    const page = pages[path];
    if (typeof page === "function") return page(request, response);
    response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html" }).end(page ?? "");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async untilAsked(paths) {
      while (!paths.every((path) => asked.includes(path))) await once(visits, "visit");
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Attempt extends Disposable {
  readonly scratch: string;
  /** Remembers every process that belongs to the attempt now. Gives those that are Chromium's own children of that type ("renderer"), or all. */
  look(type?: string): readonly number[];
  /** No process, no zombie of those seen, nothing in the directory. Without a namespace, what ends is waited for by the machine's PID 1, whenever it likes. */
  assertNothingLeft(options?: { readonly zombies?: "are PID 1's" }): void;
}

export function beginAttempt(): Attempt {
  const scratch = mkdtempSync(join(tmpdir(), "cofferdam-browsers-test-"));
  const seen = new Map<number, string>();
  const look = (type?: string): readonly number[] => {
    const all = processes();
    const members = new Set(all.filter(({ command, state }) => command.includes(scratch) && state !== "Z").map(({ pid }) => pid));
    for (let before = -1; before !== members.size;) {
      before = members.size;
      for (const { pid, parent } of all) if (members.has(parent) && pid !== process.pid) members.add(pid);
    }
    for (const { pid, start } of all) if (members.has(pid)) seen.set(pid, start);
    return all.filter(({ pid, command }) => members.has(pid) && (type === undefined || command.includes(`--type=${type}`))).map(({ pid }) => pid);
  };
  return {
    scratch,
    look,
    assertNothingLeft({ zombies } = {}) {
      assert.deepEqual(look(), [], "processes are left");
      const undead = processes().filter(({ pid, start, state }) => seen.get(pid) === start && !(zombies !== undefined && state === "Z"));
      assert.deepEqual(undead, [], "zombies are left");
      assert.deepEqual(readdirSync(scratch), [], "something is left in the scratch directory");
    },
    [Symbol.dispose]: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
  readonly state: string;
  readonly command: string;
}

function processes(): readonly Seen[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [{ pid: Number(name), parent: Number(fields[1]), start: fields[19] ?? "", state: fields[0] ?? "", command: readFileSync(`/proc/${name}/cmdline`, "latin1") }];
    } catch {
      return [];
    }
  });
}

/** Resolves with the line that the text stands on, counted from 1: for reports that name a line of the test itself. */
export function lineOf(file: string, text: string): number {
  return (
    readFileSync(file, "utf8")
      .split("\n")
      .findIndex((line) => line.includes(text)) + 1
  );
}

export const program = (name: string): string => join(import.meta.dirname, "programs", name);
