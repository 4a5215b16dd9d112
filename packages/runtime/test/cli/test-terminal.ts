import type { Terminal } from "../../src/cli/terminal.ts";

/** A terminal that keeps what was written. */
export function testTerminal(parts: Partial<Pick<Terminal, "env" | "directory">> = {}): { readonly terminal: Terminal; out(): string; err(): string } {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    env: parts.env ?? {},
    directory: parts.directory ?? "/",
    color: false,
    data: (text) => void (out += text.endsWith("\n") ? text : `${text}\n`),
    bytes: (chunk) => void (out += Buffer.from(chunk).toString()),
    note: (text) => void (err += `${text}\n`),
    noteBytes: (chunk) => void (err += Buffer.from(chunk).toString()),
    ignoreBrokenPipe: () => undefined,
    screen: () => null,
    nowMs: () => Date.parse("2026-05-01T12:00:00Z"),
  };
  return { terminal, out: () => out, err: () => err };
}
