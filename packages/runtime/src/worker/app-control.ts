import type { AppControl } from "../define.ts";
import { APP_CONTROL_METHODS } from "../model/app.ts";
import type { ControlQuestion, ControlReply } from "../wire/index.ts";

/** The runtime as an app's process sees it: every call is a message. */
export interface ControlLine {
  readonly control: AppControl;
  answered(reply: ControlReply, text: string): void;
}

/** A call that the runtime refused; `code` is one of docs/reference/errors.md. */
class ControlRefusal extends Error {
  override readonly name = "ControlRefusal";
  readonly code: string;
  readonly status: number;

  constructor(reply: Extract<ControlReply, { ok: false }>) {
    super(reply.message);
    this.code = reply.code;
    this.status = reply.status;
  }
}

export interface ControlLineHost {
  send(question: ControlQuestion, text: string): void;
  /** Keeps the process alive while an answer is awaited. */
  hold(isAwaiting: boolean): void;
}

export function openControlLine(attemptId: string, host: ControlLineHost): ControlLine {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastRequest = 0;

  function call(method: string, args: readonly unknown[]): Promise<unknown> {
    lastRequest += 1;
    const request = lastRequest;
    return new Promise((resolve, reject) => {
      waiting.set(request, { resolve, reject });
      host.send({ kind: "control", request, attemptId, method }, JSON.stringify(args));
      host.hold(true);
    });
  }

  return {
    control: Object.fromEntries(APP_CONTROL_METHODS.map((method) => [method, (...args: readonly unknown[]) => call(method, args)])) as unknown as AppControl,
    answered(reply, text) {
      const asker = waiting.get(reply.request);
      if (!waiting.delete(reply.request)) return;
      host.hold(false);
      if (reply.ok) asker?.resolve(text === "" ? undefined : JSON.parse(text));
      else asker?.reject(new ControlRefusal(reply));
    },
  };
}
