import * as z from "zod";
import { CommandError, EXIT } from "workload-command-line";

const ended = z.looseObject({ run_id: z.string(), status: z.string() });
export type EndedRun = z.infer<typeof ended>;

/** Reads an event stream to its `status` event. @throws CommandError when it breaks off before that */
export async function untilStatus(response: Response): Promise<EndedRun> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      if (!/^event: ?status$/m.test(event)) continue;
      const data = /^data: ?(.*)$/m.exec(event)?.[1] ?? "";
      return ended.parse(JSON.parse(data));
    }
  }
  throw new CommandError(EXIT.failed, "the server broke off before the run had ended", "`market-crawl status` says how it ended.");
}
