import { defineJob } from "cofferdam";

export default defineJob({ type: "program.never-settles", run: () => new Promise<never>(() => undefined) });
