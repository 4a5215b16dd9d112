import { defineJob } from "cofferdam";

function deeper(depth: number): number {
  return deeper(depth + 1) + 1;
}

export default defineJob({ type: "program.overflows-stack", run: () => deeper(0) });
