import type { Fault } from "../model/index.ts";

const CHUNK_BYTES = 8 * 1024 ** 2;

/** Does to this very process what broken jobs do. There is no way back: the budgets or the kernel end it. */
export function commitFault(fault: Fault): void {
  switch (fault) {
    case "kill":
      process.kill(process.pid, "SIGKILL");
      return;
    case "stop":
      process.kill(process.pid, "SIGSTOP");
      return;
    case "fill":
      fillMemory([]);
      return;
    case "flood":
      floodLog("x".repeat(CHUNK_BYTES / 8));
      return;
    case "block":
      blockLoop();
  }
}

/** With pauses, as a job that reads and reads: the loop stays free. */
function fillMemory(held: Buffer[]): void {
  held.push(Buffer.alloc(CHUNK_BYTES, 1));
  setTimeout(() => fillMemory(held), 1);
}

function floodLog(line: string): void {
  process.stdout.write(line);
  setTimeout(() => floodLog(line), 1);
}

function blockLoop(): never {
  for (;;) Math.sqrt(2);
}
