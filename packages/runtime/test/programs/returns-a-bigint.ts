import { defineJob } from "cofferdam";

export default defineJob({ type: "program.returns-a-bigint", run: () => ({ rows: 2n ** 70n }) });
