import { setTimeout as pause } from "node:timers/promises";
import { pieces, sendPieces, type FaultHandler } from "workload-stand-in";

const PAUSE_MS = 100;
const HUGE_BYTES = 1_000_000;

/** What else can be wrong with a Jenkins and its reports. */
export const JENKINS_FAULTS = {
  /** A pause of `ms` (100) before each piece. */
  async slow({ response, order, signal, answer }) {
    for (const piece of pieces(answer.body)) {
      if (response.destroyed) return;
      await pause(order.ms ?? PAUSE_MS, undefined, { signal });
      response.write(piece);
    }
    response.end();
  },
  malformed: ({ send }) => send({ body: '<testsuites><testsuite name="s"><testcase name="a"/><testcase name="b"></wrong>' }),
  /** A report of `bytes` (1 MB). */
  huge: ({ order, send }) => send({ body: endlessReport(order.bytes ?? HUGE_BYTES) }),
  /** A report that never ends. */
  endless: ({ response }) => sendPieces(response, endlessReport(Number.POSITIVE_INFINITY)),
} as const satisfies Readonly<Record<string, FaultHandler>>;

function* endlessReport(bytesMax: number): Generator<string | Uint8Array> {
  yield '<testsuites><testsuite name="endless">';
  const piece = Buffer.from(`<testcase name="more" classname="endless"><system-out>${"x".repeat(16_000)}</system-out></testcase>\n`);
  for (let sent = 0; sent < bytesMax; sent += piece.length) yield piece;
  yield "</testsuite></testsuites>";
}
