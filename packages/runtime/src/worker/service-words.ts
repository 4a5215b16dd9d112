import type { JobContext, ServiceContext } from "../define.ts";
import type { HostLink } from "./wire-end.ts";

const DATA_BYTES_MAX = 64 * 1024;
const NOTE_CHARACTERS_MAX = 500;
const ERROR_CHARACTERS_MAX = 1000;

/** The context of a job with the words of a service: one object, so that getters stay getters. */
export function withServiceWords(job: JobContext<unknown>, control: ServiceContext["control"], send: HostLink["send"]): JobContext<never> {
  const { attemptId } = job;
  const words: Pick<ServiceContext, "update" | "error" | "control"> = {
    control,
    update({ note, data } = {}) {
      const text = data === undefined ? "" : (JSON.stringify(data) ?? "");
      if (Buffer.byteLength(text) > DATA_BYTES_MAX) throw new RangeError(`the data of an update may have at most ${DATA_BYTES_MAX} bytes of JSON`);
      send({ kind: "update", attemptId, note: note === undefined ? null : String(note).slice(0, NOTE_CHARACTERS_MAX) }, text);
    },
    error(error) {
      send({ kind: "service-error", attemptId, text: wordError(error).slice(0, ERROR_CHARACTERS_MAX) });
    },
  };
  return Object.assign(job, words) as unknown as JobContext<never>;
}

function wordError(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return "something that cannot be put into words";
  }
}
