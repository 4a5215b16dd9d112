import { join } from "node:path";
import { CofferdamError, DEFAULT_JOB_BUDGET, type BrokenModule, type JobType, type PointedError } from "../model/index.ts";
import type { FromWorker } from "../wire/index.ts";
import { startWorkerLink, type WorkerLink } from "./worker-link.ts";
import type { Yard } from "./yard.ts";

export interface RegistrarOptions {
  readonly cwd: string;
  env(): Readonly<Record<string, string | undefined>>;
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
  /** Who was asked. */
  link: WorkerLink;
  send(to: WorkerLink): void;
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
      env: options.env(),
      logFile: join(options.directory, "registrar.log"),
      ledgerFile: null,
      heapRoom: "whole",
      onMessage,
      onHungUp: () => void own.compartment.end(),
    });
    link = own;
    void own.ended.then(async (exit) => {
      if (link === own) link = null;
      fail(own, `the process that loads job modules ended (${exit.signal ?? `code ${exit.code}`})`);
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

  /** Whoever asked this process gets no answer. */
  function fail(asked: WorkerLink, reason: string): void {
    for (const [request, question] of questions) {
      if (question.link !== asked) continue;
      questions.delete(request);
      question.reject(refusal(reason));
    }
  }

  function ask(send: (link: WorkerLink, request: number) => void, timeoutMs: number, what: string): Promise<Answer> {
    lastRequest += 1;
    const request = lastRequest;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const question: Question = { link: open(), send: (to) => send(to, request), resolve, reject };
    const cancel = yard.clock.after(timeoutMs, () => {
      questions.delete(request);
      reject(refusal(`${what} did not answer within ${timeoutMs / 1000} s`));
      startAnew(question.link);
    });
    questions.set(request, question);
    question.send(question.link);
    return promise.finally(cancel);
  }

  /** What hangs in the process is ended with it; whoever waits behind that is asked of a new one. */
  function startAnew(old: WorkerLink): void {
    if (link === old) link = null;
    for (const [request, question] of questions) {
      if (question.link !== old) continue;
      try {
        question.link = open();
        question.send(question.link);
      } catch (error) {
        questions.delete(request);
        question.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    void old.compartment.end();
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
      const { errors, failure } = answer.kind === "validated" ? answer : { errors: [], failure: "another question was answered" };
      if (failure !== undefined) throw refusal(failure);
      return errors.length === 0 ? { ok: true } : { ok: false, errors };
    },
    async close() {
      if (link !== null) fail(link, "the runtime is stopping");
      await end();
    },
  };
}

function refusal(reason: string): CofferdamError {
  return new CofferdamError("validator_failed", reason, {
    hint: "Look into registrar.log in the data directory's log folder; a job module may end the process or run for ever when it is imported.",
  });
}
