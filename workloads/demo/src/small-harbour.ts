// Runs inside a compartment of 256 MB and starts a job whose own budget is 1 GB: the limit that is hit is not the job's.
import { join } from "node:path";
import { contain } from "cofferdam";
import type { Inner } from "./drain-harbour.ts";

const { verdict, leaks, enforcement } = await contain({ module: join(import.meta.dirname, "../jobs/apart/drinks-the-harbour-dry.ts"), budget: { memory: "1GB" } });
process.stdout.write(JSON.stringify({ verdict, leaks, enforcement } satisfies Inner));
