import { join } from "node:path";
import { CofferdamError, DEFAULT_JOB_BUDGET, type BrokenModule, type JobType, type PointedError } from "../model/index.ts";
import type { FromWorker } from "../wire/index.ts";
import { startWorkerLink, type WorkerLink } from "./worker-link.ts";
import type { Yard } from "./yard.ts";

export interface RegistrarOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
}

/** The child process that may load user code for the host: learns job types and asks input schemas. It never runs a job. */
export interface Registrar {
  describe(moduleUrls: readonly string[]): Promise<{ readonly types: readonly JobType[]; readonly broken: readonly BrokenModule[] }>;
  validate(jobType: JobType, input: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly errors: readonly PointedError[] }>;
  close(): Promise<void>;
}

const DESCRIBE_TIMEOUT_MS = 30_000;
const VALIDATE_TIMEOUT_MS = 5000;

type Answer = Extract<FromWorker, { kind: "described" | "validated" }>;

interface Question {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export function createRegistrar(yard: Yard, options: RegistrarOptions): Registrar {
  const questions = new Map<number, Question>();
  let link: WorkerLink | null = null;
  let lastRequest = 0;

  function open(): WorkerLink {
    if (link !== null) return link;
    const own = startWorkerLink(yard, {
      budget: DEFAULT_JOB_BUDGET,
      cwd: options.cwd,
      env: options.env,
      logFile: join(options.directory, "registrar.log"),
      ledgerFile: null,
      heapRoom: "whole",
      onMessage,
    });
    link = own;
    void own.ended.then(async (exit) => {
      if (link === own) link = null;
      fail(`the process that loads job modules ended (${exit.signal ?? `code ${exit.code}`})`);
      await own.compartment.end();
      own.disconnect();
      await own.compartment.close();
    });
    return own;
  }

  function onMessage(message: FromWorker): void {
    if (message.kind !== "described" && message.kind !== "validated") return;
    questions.get(message.request)?.resolve(message);
    questions.delete(message.request);
  }

  function fail(reason: string): void {
    for (const question of questions.values())
      question.reject(
        new CofferdamError("validator_failed", reason, {
          hint: "Look into registrar.log in the data directory's log folder; a job module may end the process or run for ever when it is imported.",
        }),
      );
    questions.clear();
  }

  function ask(send: (link: WorkerLink, request: number) => void, timeoutMs: number, what: string): Promise<Answer> {
    lastRequest += 1;
    const request = lastRequest;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const cancel = yard.clock.after(timeoutMs, () => {
      fail(`${what} did not answer within ${timeoutMs / 1000} s`);
      void end();
    });
    questions.set(request, { resolve, reject });
    send(open(), request);
    return promise.finally(cancel);
  }

  async function end(): Promise<void> {
    const own = link;
    link = null;
    if (own === null) return;
    await own.compartment.end();
    await own.ended;
  }

  return {
    async describe(moduleUrls) {
      const types: JobType[] = [];
      const broken: BrokenModule[] = [];
      // One question per module: a module that ends the process or never returns breaks only itself.
      for (const moduleUrl of moduleUrls) {
        try {
          const answer = await ask((to, request) => to.send({ kind: "describe", request, moduleUrls: [moduleUrl] }), DESCRIBE_TIMEOUT_MS, `importing ${moduleUrl}`);
          if (answer.kind !== "described") continue;
          types.push(...answer.types);
          broken.push(...answer.broken);
        } catch (error) {
          broken.push({ moduleUrl, message: error instanceof Error ? error.message : String(error), at: moduleUrl.replace("file://", ""), stack: null });
        }
      }
      return { types, broken };
    },
    async validate(jobType, input) {
      const answer = await ask(
        (to, request) => to.send({ kind: "validate", request, moduleUrl: jobType.moduleUrl, exportName: jobType.exportName }, input),
        VALIDATE_TIMEOUT_MS,
        `the input schema of ${jobType.type}`,
      );
      const errors = answer.kind === "validated" ? answer.errors : [];
      return errors.length === 0 ? { ok: true } : { ok: false, errors };
    },
    async close() {
      fail("the runtime is stopping");
      await end();
    },
  };
}
