import { CofferdamError } from "../model/index.ts";
import type { ControlQuestion, ToWorker } from "../wire/index.ts";
import type { AttemptListener } from "./ports.ts";

/** Has a service's question answered by whoever listens to its attempt. */
export async function answerControl(
  listener: AttemptListener,
  { request, attemptId, method }: ControlQuestion,
  args: string,
  send: (message: ToWorker, payload?: string) => void,
): Promise<void> {
  try {
    if (listener.onControl === undefined) throw new CofferdamError("route_not_found", "no runtime listens to this attempt");
    send({ kind: "control-answer", request, ok: true }, await listener.onControl(attemptId, method, args));
  } catch (error) {
    const { code, status } = error instanceof CofferdamError ? error : { code: "broken_invariant", status: 500 };
    send({ kind: "control-answer", request, ok: false, code, status, message: error instanceof Error ? error.message : String(error) });
  }
}
