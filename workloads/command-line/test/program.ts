// A program with one command that works and one that fails in the way asked for.
import { CommandError, createProgram, EXIT, inTemporaryDirectory, runProgram, SettingsError, serveUntilSignal, workOn } from "../src/index.ts";

class OwnError extends Error {}

const FAILURES: Readonly<Record<string, () => Error>> = {
  usage: () => new CommandError(EXIT.usage, "that is not how", "like this"),
  settings: () => new SettingsError("PORT: no"),
  own: () => new OwnError("mine"),
  other: () => new Error("somebody's"),
};

/** What a page may call itself: over two lines, a tab between, and up and away in a terminal. */
const LINES = "a\tb\n\u001b[1A\u001b[2Kevil.com\b\u009b2K";

const frame = createProgram({ name: "program", description: "for the test of the frame" });
frame.program.command("say <word>").action((word: string) => frame.print.data({ said: word, database: process.env["DB_PATH"] ?? null }, () => word));
frame.program.command("fail <how>").action((how: string) => {
  throw FAILURES[how]?.() ?? new Error(how);
});
frame.program.command("echo").action(() => {
  frame.print.data({ said: LINES }, () => LINES);
  frame.print.note(LINES);
});
frame.program.command("chatter").action(async () => {
  for (;;) await new Promise((resolve) => process.stdout.write(`${"word ".repeat(1000)}\n`, resolve));
});
frame.program.command("linger").action(async () => {
  const hurried = Promise.withResolvers<void>();
  const busy = setInterval(() => undefined, 60_000);
  const runtime = { failed: new Promise<never>(() => undefined), stop: async () => hurried.resolve() };
  const stop = async (): Promise<void> => {
    frame.print.note("stopping");
    await hurried.promise;
  };
  await serveUntilSignal({ runtime, stop }, () => frame.print.data({ url: "none" }, () => "none"));
  clearInterval(busy);
});
frame.program.command("give-up").action(async () => {
  const runtime = { failed: Promise.resolve("no worker comes up"), stop: () => Promise.resolve() };
  const busy = setInterval(() => undefined, 60_000);
  const stop = async (): Promise<void> => {
    frame.print.note("stopping");
    clearInterval(busy);
  };
  await serveUntilSignal({ runtime, stop }, () => undefined);
});
/** Runtimes that never end what they are given. */
const RUNTIMES = {
  patient: { failed: new Promise<never>(() => undefined), control: { brokenModules: () => [] } },
  "without-workers": { failed: Promise.resolve("10 workers in a row did not start"), control: { brokenModules: () => [] } },
  "without-jobs": {
    failed: new Promise<never>(() => undefined),
    control: { brokenModules: () => [{ moduleUrl: "file:///jobs/crawl.ts", at: "/jobs/crawl.ts:3", message: "its process ended", stack: null }] },
  },
} satisfies Record<string, Parameters<typeof workOn>[0]>;
for (const [name, runtime] of Object.entries(RUNTIMES))
  frame.program.command(`wait-${name}`).action(async () => {
    const busy = setInterval(() => undefined, 60_000);
    try {
      await workOn(runtime, async () => {
        frame.print.data({ url: "none" }, () => "none");
        await new Promise(() => undefined);
      });
    } finally {
      frame.print.note("stopping");
      clearInterval(busy);
    }
  });
frame.program.command("dwell").action(async () => {
  await inTemporaryDirectory("dwell", async (directory) => {
    frame.print.data({ url: directory }, () => directory);
    for (;;) await new Promise((resolve) => process.stdout.write(`${"word ".repeat(1000)}\n`, resolve));
  });
});
await runProgram(frame, (error) => (error instanceof OwnError ? EXIT.refused : null));
