// A supervisor to be killed: "contains-and-tells.ts TIER MARKER FIFO [module]". Says "ready" when what it contains is.
import { Writable } from "node:stream";
import { contain } from "../../src/contain.ts";
import { programFile } from "../programs/model.ts";
import type { Tier } from "./run-case.ts";

const [tier = "auto", marker = "", fifo = "", kind = "command"] = process.argv.slice(2);
const say = (): void => void process.stdout.write("ready\n");
const stdout = new Writable({
  write(_chunk, _encoding, done) {
    say();
    done();
  },
});

const shared = { tier: tier as Tier, onProgress: say, stdout };
await contain(
  kind === "command"
    ? { ...shared, command: ["/bin/sh", programFile("stays-everywhere.sh"), marker, fifo] }
    : { ...shared, module: programFile("stays-as-job.ts"), input: { marker, fifo } },
);
