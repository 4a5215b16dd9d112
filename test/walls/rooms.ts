/** Each room may import those before it. */
export const ROOMS = [
  "model",
  "platform",
  "wire",
  "config",
  "store",
  "breaker",
  "intake",
  "dispatch",
  "governor",
  "recorder",
  "supervisor",
  "worker",
  "verdict",
  "policy",
  "incident",
  "healing",
  "learning",
  "chaos",
  "attempt",
  "schedule",
  "service",
  "query",
  "control",
  "metrics",
  "http",
  "cli",
] as const;

/** Files above the rooms. A room may import the first kind only; the second kind wires the rooms or is the package's door. */
export const SHARED_FILES = ["define.ts", "runtime-types.ts", "version.ts"];
export const WIRING_FILES = [
  "runtime.ts",
  "contain.ts",
  "housekeeping.ts",
  "loop-delay.ts",
  "memory-plan.ts",
  "held-back.ts",
  "adaptive-batch.ts",
  "serve-app.ts",
  "replay.ts",
  "index.ts",
];

/** What runs user code, in a process of its own: all that it may know of the host. */
export const WORKER_MAY_IMPORT = ["model", "wire", "define.ts"];

/** Longer files do not fit a head; aim for 250. */
export const LINES_MAX = 400;

/** Nobody imports the worker: its door is the program that the supervisor starts. */
export const doorOf = (room: string): string => (room === "worker" ? "worker/main.ts" : `${room}/index.ts`);

/** What only these places may do, each with the reason. A place is a room ("http/") or a file. */
export interface Verb {
  readonly name: string;
  readonly pattern: RegExp;
  readonly only: Readonly<Record<string, string>>;
}

export const VERBS: readonly Verb[] = [
  {
    name: "start a process",
    pattern: /["'](?:node:)?child_process["']/,
    only: {
      "supervisor/": "launches everything",
      "governor/probe.ts": "tries each mechanism once",
      "governor/guard.ts": "the shell that ends our cgroups when we are gone",
      "worker/definitions.ts": "asks Node where a module's syntax breaks, in the registrar's own process",
    },
  },
  {
    name: "send a signal",
    pattern: /\bprocess\.kill\(/,
    only: { "governor/signal.ts": "checks the start time first", "worker/": "the dead man's switch ends its own group" },
  },
  { name: "touch SQL", pattern: /["']node:sqlite["']/, only: { "store/": "the only one that knows tables" } },
  {
    name: "speak HTTP",
    pattern: /["']node:https?["']|@hono\/node-server/,
    only: {
      "http/": "the only server",
      "worker/app-server.ts": "answers for an app, in the app's own process",
      "cli/client.ts": "only asks, and waits for longer than fetch does",
    },
  },
  {
    name: "use sockets",
    pattern: /["']node:net["']/,
    only: { "worker/": "its end of the pipes to the host", "http/": "the connections of its server", "governor/guard.ts": "its pipe to the guard must not keep us alive" },
  },
  {
    name: "exit",
    pattern: /\bprocess\.exit\(/,
    only: { "cli/main.ts": "the program", "cli/terminal.ts": "nobody reads the pipe any more", "worker/": "its own process" },
  },
  {
    name: "read the clock or set a timer",
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|(?<![.\w])set(?:Timeout|Interval)\(|["']node:timers/,
    only: { "platform/": "the one clock", "worker/": "its own process", "cli/main.ts": "imports nothing before it knows that this Node can run it" },
  },
  { name: "roll dice", pattern: /\bMath\.random\(|\brandom(?:UUID|Bytes|Int)\(/, only: { "platform/": "one source of chance" } },
  {
    name: "export a default",
    pattern: /^[ \t]*export default\b/m,
    only: { "cli/commands/init.ts": "the example files that it writes have one" },
  },
];
