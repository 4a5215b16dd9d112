import type { ConnectOverCDPTransport } from "playwright-core";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * The debugging pipe: JSON messages, each ended by a zero byte. When our end closes, Chromium exits; on a WebSocket it would not.
 * Each message is handed over in a task of its own, as Playwright's own transports do: what a message resolves runs before the next one arrives.
 */
export class PipeTransport implements ConnectOverCDPTransport {
  onmessage?: (message: object) => void;
  onclose?: (reason?: string) => void;
  readonly #output: Duplex;
  readonly #input: Duplex;
  readonly #pieces: Buffer[] = [];
  /** Messages of this turn. */
  #leaving = "";
  #state: "open" | "closed" = "open";

  constructor(output: Duplex, input: Duplex) {
    this.#output = output;
    this.#input = input;
    // A dead browser's pipe breaks; "close" follows and says it.
    output.on("error", () => this.#closed());
    input.on("error", () => this.#closed());
    input.on("close", () => this.#closed());
    input.on("data", (chunk: Buffer) => this.#feed(chunk));
  }

  send(message: object): void {
    if (this.#state === "open") this.#gather(`${JSON.stringify(message)}\0`);
    // Who writes to a closed pipe may not have heard of its end.
    else setImmediate(() => this.onclose?.());
  }

  /** Whether the pipe alone keeps this process alive. */
  hold(isHeld: boolean): void {
    for (const end of [this.#output, this.#input]) {
      if (!(end instanceof Socket)) continue;
      if (isHeld) end.ref();
      else end.unref();
    }
  }

  close(): void {
    this.#output.destroy();
    this.#input.destroy();
    this.#closed();
  }

  /** Opening a page is a dozen messages at once: they leave in one write, which wakes the browser once. */
  #gather(text: string): void {
    if (this.#leaving === "") process.nextTick(() => this.#flush());
    this.#leaving += text;
  }

  #flush(): void {
    const text = this.#leaving;
    this.#leaving = "";
    if (this.#state === "open") this.#output.write(text);
  }

  #feed(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0, start); end !== -1; end = chunk.indexOf(0, start)) {
      this.#pieces.push(chunk.subarray(start, end));
      const text = Buffer.concat(this.#pieces.splice(0)).toString("utf8");
      start = end + 1;
      setImmediate(() => this.#dispatch(text));
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }

  #dispatch(text: string): void {
    if (this.#state === "closed") return;
    const message: unknown = JSON.parse(text);
    if (typeof message === "object" && message !== null) this.onmessage?.(message);
  }

  #closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    setImmediate(() => this.onclose?.());
  }
}
