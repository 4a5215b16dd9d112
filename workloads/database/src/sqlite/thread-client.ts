import { Worker } from "node:worker_threads";
import { DatabaseError } from "../errors.ts";
import type { Answer, Failure, Question, ThreadData } from "./messages.ts";

type Rows = Extract<Answer, { kind: "rows" }>;
type QuestionWithoutId = Question extends infer Each ? (Each extends Question ? Omit<Each, "id"> : never) : never;

/** The near end of a thread with a connection. */
export interface ThreadClient {
  ask(question: QuestionWithoutId): Promise<Rows>;
  /** Whether it has ended, and answers nothing any more. */
  hasEnded(): boolean;
  close(): Promise<void>;
}

interface Waiting {
  resolve(rows: Rows): void;
  reject(error: Error): void;
}

/** Small: a thread holds a batch of rows and SQLite's own memory, which is not on this heap. */
const HEAP_MB = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

/** Starts the thread; it opens the file with its first question. */
export function startThread(data: ThreadData): ThreadClient {
  const worker = new Worker(new URL("./thread.ts", import.meta.url), { workerData: data, resourceLimits: HEAP_MB, name: `sqlite ${data.role}` });
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let ended: Error | null = null;
  let isClosing = false;
  // A connection that nobody waits for does not keep the process.
  worker.unref();

  const end = (error: Error): void => {
    ended ??= error;
    for (const each of waiting.values()) each.reject(ended);
    waiting.clear();
  };
  worker.on("message", (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if (answer.kind === "failed") asked?.reject(toError(answer.failure));
    else asked?.resolve(answer);
  });
  worker.on("error", (cause) =>
    end(new DatabaseError("unusable", `the ${data.role} of ${data.path} broke down`, { hint: "Ask for less at once: the next question gets a new one.", cause })),
  );
  worker.on("exit", () => end(new DatabaseError("closed", `${data.path} is closed`, { hint: "Open the database again." })));

  const ask = (question: QuestionWithoutId): Promise<Rows> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(ended);
      const id = nextId;
      nextId += 1;
      waiting.set(id, { resolve, reject });
      worker.ref();
      try {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage({ ...question, id });
      } catch (error) {
        waiting.delete(id);
        reject(error);
      }
    });
  return {
    ask,
    hasEnded: () => ended !== null,
    async close() {
      if (ended !== null || isClosing) return;
      isClosing = true;
      const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      await ask({ kind: "close" });
      // Its answer let go of the thread; until it has ended it keeps the process once more.
      worker.ref();
      await exited;
    },
  };
}

/** As node:sqlite would have thrown it here: with `code` and `errcode`. */
function toError({ name, message, code, errcode }: Failure): Error {
  const error = new Error(message);
  error.name = name;
  return Object.assign(error, code === null ? {} : { code }, errcode === null ? {} : { errcode });
}
