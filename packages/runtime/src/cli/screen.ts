import type { ReadStream, WriteStream } from "node:tty";
import type { Screen } from "./terminal.ts";

const ESCAPE = "\u001b";
const ENTER = `${ESCAPE}[?1049h${ESCAPE}[?25l`;
const LEAVE = `${ESCAPE}[?25h${ESCAPE}[?1049l`;
/** What Ctrl-C is as a key. */
export const INTERRUPT = "\u0003";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const COLUMNS_USUAL = 80;
const ROWS_USUAL = 24;

/** The terminal's second screen: what stood there before comes back when it is closed. */
export function openScreen(output: WriteStream, input: ReadStream): Screen {
  let isOpen = true;
  output.write(ENTER);
  input.setRawMode(true);
  input.resume();
  return {
    get columns() {
      return output.columns || COLUMNS_USUAL;
    },
    get rows() {
      return output.rows || ROWS_USUAL;
    },
    draw(lines) {
      const shown = lines.slice(0, this.rows).map((line) => `${line.slice(0, this.columns)}${ESCAPE}[K`);
      output.write(`${ESCAPE}[H${shown.join("\r\n")}${ESCAPE}[J`);
    },
    onKey(listener) {
      input.on("data", (chunk: Buffer) => listener(chunk.toString("utf8")));
      // Somebody else ends us: the terminal is given back all the same.
      for (const signal of SIGNALS) process.once(signal, () => listener(INTERRUPT));
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      input.setRawMode(false);
      input.pause();
      output.write(LEAVE);
    },
  };
}
