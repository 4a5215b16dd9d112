import { CofferdamError, type JobType, type RestartReason, type RuntimeEvent, type ServiceRecord } from "../model/index.ts";
import type { Chance, CancelTimer, Clock } from "../platform/index.ts";
import type { AttemptBoard } from "../attempt/index.ts";
import type { QueuePort, ServicePort } from "../store/ports.ts";
import type { Crew } from "../supervisor/ports.ts";
import { chooseNext, freshRecord, type Service } from "./after-end.ts";
import { claimStart } from "./claim-start.ts";
import type { ServiceDoor } from "./ports.ts";
import { judge, type Sentence } from "./rules.ts";
import { noteError, openStart } from "./sight.ts";
import { sightingOf, viewService } from "./view.ts";

export interface ServiceHostDeps {
  readonly queue: Pick<QueuePort, "enqueue" | "claim" | "reschedule" | "release">;
  readonly journal: ServicePort;
  readonly board: Pick<AttemptBoard, "start">;
  readonly crew: Pick<Crew, "workers">;
  readonly clock: Clock;
  readonly chance: Chance;
  /** This runtime, as its leases say. */
  readonly owner: string;
  /** What a service may ask of the runtime: JSON text of the arguments, to JSON text of the answer. */
  callControl(method: string, args: string): Promise<string>;
  publish(event: RuntimeEvent): void;
  onError(error: unknown): void;
}

/** Keeps all services of a runtime alive. */
export interface ServiceHost extends ServiceDoor {
  /** Begins every service that is wanted. Called once, when work may run. */
  open(jobTypes: readonly JobType[]): Promise<void>;
  /** Nothing is begun any more; what runs is ended by the board's drain. */
  close(): void;
}

/** How often the rules are looked at. */
const LOOK_MS = 500;
/** A service that could not be begun (a full disk, a lease that is still held) is tried again after this. */
const AGAIN_MS = 5000;

export function createServiceHost(deps: ServiceHostDeps): ServiceHost {
  const { clock } = deps;
  const services = new Map<string, Service>();
  let isClosed = false;
  let cancelLook: CancelTimer = () => undefined;

  async function begin(service: Service): Promise<void> {
    service.nextStartAtMs = null;
    if (isClosed || service.isBeginning || service.live !== null || (service.record.wish === "stop" && service.unstarted === null)) return;
    service.isBeginning = true;
    try {
      // One with which nothing could be started is still ours: nobody else can claim it.
      const lease = service.unstarted ?? (await claimStart(service, deps));
      service.unstarted = lease;
      if (lease !== null) await change(service, { jobId: lease.jobId, escalated: null });
      // State may have changed while the store was asked.
      if (isClosed || wishOf(service) === "stop") return await standDown(service);
      if (lease === null) return beginLater(service, clock.nowMs() + AGAIN_MS);
      const { attemptId } = lease;
      const [running] = deps.board.start(service.jobType, [lease], {
        choose: (question) => chooseNext(service, question, deps.clock.nowMs()),
        onStarted(start) {
          if (service.live !== null) service.live.started = start;
        },
        onReport(report) {
          const { live } = service;
          if (live === null) return;
          if (report.kind === "error") return noteError(live, report.text, clock.nowMs(), service.rules);
          live.updates += 1;
          live.lastUpdateAtMs = clock.nowMs();
          live.note = report.note ?? live.note;
          live.data = report.data ?? live.data;
          if (live.updates === 1) deps.publish({ kind: "service.running", atMs: live.lastUpdateAtMs, service: service.name, attemptId });
        },
        onControl: (method, args) => deps.callControl(method, args),
        onDone: () => void after(service),
      });
      service.unstarted = null;
      if (running !== undefined) service.live = openStart(running);
    } catch (error) {
      deps.onError(error);
      beginLater(service, clock.nowMs() + AGAIN_MS);
    } finally {
      service.isBeginning = false;
    }
  }

  /** Nothing of it runs, and nobody wants it to. */
  async function standDown(service: Service): Promise<void> {
    const { unstarted } = service;
    service.unstarted = null;
    try {
      if (unstarted !== null) await deps.queue.release([unstarted]);
    } catch (error) {
      service.unstarted = unstarted;
      beginLater(service, clock.nowMs() + AGAIN_MS);
      throw error;
    }
    // State may have changed meanwhile.
    if (service.record.wish === "run") beginLater(service, clock.nowMs());
    else tellStopped(service);
  }

  function tellStopped({ name, record }: Service): void {
    if (!isClosed) deps.publish({ kind: "service.stopped", atMs: clock.nowMs(), service: name, by: record.wishedBy });
  }

  function beginLater(service: Service, atMs: number): void {
    if (isClosed) return;
    service.cancelStart();
    service.nextStartAtMs = atMs;
    service.cancelStart = clock.after(Math.max(0, atMs - clock.nowMs()), () => void begin(service), { keepAlive: false });
  }

  /** Its attempt has been settled. What follows was chosen before that; a wish that came since counts more. */
  async function after(service: Service): Promise<void> {
    const { plan } = service;
    service.live = null;
    service.plan = null;
    await save(service);
    if (isClosed) return;
    if (service.record.wish === "stop") return tellStopped(service);
    if (plan === null || plan.kind === "stopped") return beginLater(service, clock.nowMs() + service.rules.backoffBaseMs);
    if (plan.kind === "start") {
      deps.publish({ kind: "service.restarting", atMs: clock.nowMs(), service: service.name, reason: plan.reason, text: plan.text, startAtMs: plan.atMs });
      return beginLater(service, plan.atMs);
    }
    deps.publish({ kind: "service.escalated", atMs: clock.nowMs(), service: service.name, text: plan.text, to: service.rules.escalate });
  }

  function look(): void {
    for (const service of services.values()) {
      const { live } = service;
      if (live === null || live.ending !== null || live.started === null) continue;
      const [gravest] = judge(service.rules, sightingOf(live, deps.crew.workers(), clock.nowMs()));
      if (gravest !== undefined) end(service, { reason: gravest.reason, text: gravest.text, wish: "restart" }, gravest);
    }
  }

  /** Asks what runs to end. Silence is told as what it is, so that its verdict is `stalled` or `blocked`, with the stack. */
  function end(service: Service, ending: { readonly reason: RestartReason; readonly text: string; readonly wish: "restart" | "stop" }, sentence: Sentence | null): void {
    const { live } = service;
    if (live === null || live.ending !== null) return;
    live.ending = ending;
    const atMs = clock.nowMs();
    const { graceMs } = service.jobType;
    if (sentence?.reason === "stale") live.running.stop({ kind: "stall", limit: sentence.limit, observed: sentence.observed, atMs }, graceMs);
    else live.running.stop({ kind: "cancel", by: sentence === null ? service.record.wishedBy : "service rules", reason: ending.text, mode: "graceful", atMs }, graceMs);
  }

  async function change(service: Service, to: Partial<ServiceRecord>): Promise<void> {
    service.record = { ...service.record, ...to };
    await save(service);
  }

  async function save({ record }: Service): Promise<void> {
    try {
      await deps.journal.putService(record);
    } catch (error) {
      // The service runs on; what is lost with the process is its count of restarts.
      deps.onError(error);
    }
  }

  function need(name: string): Service {
    const service = services.get(name);
    if (service === undefined) throw new CofferdamError("service_not_found", `there is no service ${JSON.stringify(name)}`, { hint: "cofferdam services lists them." });
    return service;
  }

  return {
    async open(jobTypes) {
      const known = new Map((await deps.journal.services()).map((record) => [record.name, record]));
      for (const jobType of jobTypes) {
        if (jobType.service === undefined) continue;
        const name = jobType.type;
        services.set(name, {
          name,
          jobType,
          rules: jobType.service,
          record: known.get(name) ?? freshRecord(name, clock.nowMs()),
          live: null,
          unstarted: null,
          plan: null,
          nextStartAtMs: null,
          isBeginning: false,
          cancelStart: () => undefined,
          fraction: () => deps.chance.fraction(),
        });
      }
      if (services.size === 0) return;
      cancelLook = clock.every(LOOK_MS, look, { keepAlive: false });
      await Promise.all([...services.values()].map(begin));
    },
    close() {
      isClosed = true;
      cancelLook();
      for (const service of services.values()) service.cancelStart();
    },
    list: () => [...services.values()].map((service) => viewService(service, deps.crew.workers(), clock.nowMs())),
    find(name) {
      const service = services.get(name);
      return service === undefined ? null : viewService(service, deps.crew.workers(), clock.nowMs());
    },
    async recycle(name, by, reason) {
      const service = need(name);
      if (service.record.wish === "stop" || (service.live === null && service.nextStartAtMs === null && !service.isBeginning))
        throw new CofferdamError("service_not_running", `service ${name} does not run`, { hint: `cofferdam services start ${name}` });
      await change(service, { wishedBy: by, wishedAtMs: clock.nowMs() });
      if (service.live === null) return beginLater(service, clock.nowMs());
      end(service, { reason: "asked", text: reason, wish: "restart" }, null);
    },
    async stop(name, by) {
      const service = need(name);
      const isRunning = service.live !== null || service.isBeginning;
      service.cancelStart();
      service.nextStartAtMs = null;
      if (service.record.wish !== "stop") await change(service, { wish: "stop", wishedBy: by, wishedAtMs: clock.nowMs() });
      end(service, { reason: "asked", text: `stopped by ${by}`, wish: "stop" }, null);
      if (!isRunning && wishOf(service) === "stop") await standDown(service);
    },
    async start(name, by) {
      const service = need(name);
      if (service.record.wish === "run" && (service.live !== null || service.isBeginning)) return;
      // One that is still ending begins when it has ended, whatever was chosen for it before.
      service.plan = null;
      await change(service, { wish: "run", wishedBy: by, wishedAtMs: clock.nowMs(), recentRestartsMs: [], escalated: null });
      deps.publish({ kind: "service.started", atMs: clock.nowMs(), service: name, by });
      if (service.live === null) await begin(service);
    },
  };

  /** As it is now, whatever it was before the last await. */
  function wishOf(service: Service): ServiceRecord["wish"] {
    return service.record.wish;
  }
}
