import { AsyncLocalStorage } from "node:async_hooks";
import { formatDuration, parseDuration } from "../model/units.ts";
import { STAGE_TIMEOUT_CODE } from "../model/stage.ts";
import type { StageMessage } from "../wire/index.ts";

/** With this a stage rejects when its time is over; it is also the reason of the stage's signal. */
export class StageTimeout extends Error {
  override readonly name = "StageTimeout";
  readonly code = STAGE_TIMEOUT_CODE;
  /** The stage, with the names of the stages around it: "crawl > goto". */
  readonly stage: string;
  readonly budgetMs: number;

  constructor(stage: string, budgetMs: number) {
    super(`stage ${stage} took longer than its budget of ${formatDuration(budgetMs)}`);
    this.stage = stage;
    this.budgetMs = budgetMs;
  }
}

export interface StageHost {
  readonly attemptId: string;
  readonly signal: AbortSignal;
  send(message: StageMessage): void;
}

/** The stages of one attempt. */
export interface Stages {
  run<Result>(name: string, budget: string | number, work: (signal: AbortSignal) => Promise<Result> | Result): Promise<Result>;
  /** The attempt is over: what still runs is told so. Resolves when all functions have returned. */
  end(): Promise<void>;
}

interface Open {
  readonly stages: Stages;
  readonly path: string;
  readonly abort: AbortController;
}

const NAME_CHARACTERS_MAX = 100;
const DEPTH_CHARACTERS_MAX = 400;
const around = new AsyncLocalStorage<Open>();

export function createStages(host: StageHost): Stages {
  const open = new Set<Open>();
  const running = new Set<Promise<unknown>>();
  let lastNumber = 0;

  function run<Result>(name: string, budget: string | number, work: (signal: AbortSignal) => Promise<Result> | Result): Promise<Result> {
    const budgetMs = parseDuration(budget, `budget of stage ${checkName(name)}`);
    const parent = enclosing();
    const outer = parent?.abort.signal ?? host.signal;
    outer.throwIfAborted();
    lastNumber += 1;
    const number = lastNumber;
    const path = (parent === null ? name : `${parent.path} > ${name}`).slice(-DEPTH_CHARACTERS_MAX);
    const { promise: cutShort, reject: cut } = Promise.withResolvers<never>();
    const stage: Open = { stages, path, abort: new AbortController() };
    const follow = (): void => {
      if (outer.reason instanceof StageTimeout) cut(outer.reason);
      stage.abort.abort(outer.reason);
    };
    outer.addEventListener("abort", follow, { once: true });
    open.add(stage);
    host.send({ kind: "stage", attemptId: host.attemptId, stage: number, change: "entered", name: path, budgetMs });
    const timer = setTimeout(() => {
      host.send({ kind: "stage", attemptId: host.attemptId, stage: number, change: "cut" });
      const timeout = new StageTimeout(path, budgetMs);
      cut(timeout);
      stage.abort.abort(timeout);
    }, budgetMs);
    const returned = begin(stage, work).finally(() => {
      clearTimeout(timer);
      outer.removeEventListener("abort", follow);
      open.delete(stage);
      running.delete(returned);
      host.send({ kind: "stage", attemptId: host.attemptId, stage: number, change: "left" });
    });
    running.add(returned);
    return Promise.race([returned, cutShort]);
  }

  function begin<Result>(stage: Open, work: (signal: AbortSignal) => Promise<Result> | Result): Promise<Result> {
    return around.run(stage, async () => work(stage.abort.signal));
  }

  /** The stage whose function calls this, if it is one of this attempt's. */
  function enclosing(): Open | null {
    const stage = around.getStore();
    return stage !== undefined && stage.stages === stages && open.has(stage) ? stage : null;
  }

  const stages: Stages = {
    run,
    async end() {
      for (const stage of open) stage.abort.abort(new Error("the attempt is over"));
      await Promise.allSettled(running);
    },
  };
  return stages;
}

function checkName(name: unknown): string {
  if (typeof name !== "string" || name === "" || name.length > NAME_CHARACTERS_MAX || /[\p{Cc}]/u.test(name))
    throw new TypeError(`the name of a stage is a text of 1 to ${NAME_CHARACTERS_MAX} characters on one line`);
  return name;
}
