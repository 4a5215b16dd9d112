import { jobFile, withRuntime } from "../harness/cofferdam.ts";
import { loadHttp, type HttpParams } from "./http-load.ts";

/** The runtime's own API while its jobs take all the CPU they can get. */
export default async (params: HttpParams) => {
  const { scratch, seconds, spinning, logBytesPerSecond } = params;
  const jobs = [jobFile("spins"), jobFile("writes-log")];
  return withRuntime(scratch, { jobs, lanes: { default: { concurrency: spinning + 1 } }, http: { port: 0 } }, async (runtime) => {
    const { control, url } = runtime;
    if (url === null) throw new Error("the API does not listen");
    const wanted = spinning + (logBytesPerSecond > 0 ? 1 : 0);
    const running = Promise.withResolvers<void>();
    let started = 0;
    let ended = 0;
    runtime.onEvent((event) => {
      if (event.kind === "attempt.started" && (started += 1) === wanted) running.resolve();
      if (event.kind === "attempt.ended") ended += 1;
    });
    const forMs = seconds * 1000 + 60_000;
    for (let index = 0; index < spinning; index += 1) await control.enqueue({ type: "spins", input: JSON.stringify({ forMs }) });
    let writerId: string | null = null;
    if (logBytesPerSecond > 0)
      ({ id: writerId } = await control.enqueue({ type: "writes-log", input: JSON.stringify({ forMs: seconds * 1000, bytesPerSecond: logBytesPerSecond }) }));
    if (wanted > 0) await running.promise;
    const answers = await loadHttp(url, ["/livez", "/healthz"], params);
    if (ended > (writerId === null ? 0 : 1)) throw new Error("a job ended while it was measured");
    return { ...answers, loggedBytesPerSecond: writerId === null ? 0 : await resultOf(writerId) };

    async function resultOf(id: string): Promise<number> {
      for (let attempt = 0; attempt < 200; attempt += 1) {
        const result = await control.document(id, "result");
        if (result !== null) return Number(result);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error("the job that writes did not end");
    }
  });
};
