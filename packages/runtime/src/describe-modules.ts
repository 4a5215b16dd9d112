import type { BrokenModule, JobType } from "./model/index.ts";
import type { Crew } from "./supervisor/index.ts";

/** What the job modules of a runtime define. */
export interface Described {
  readonly types: ReadonlyMap<string, JobType>;
  readonly services: ReadonlyMap<string, JobType>;
  readonly broken: readonly BrokenModule[];
}

/** A type that two modules define belongs to the first one; the other is broken. */
export async function describeModules(crew: Pick<Crew, "describe">, moduleUrls: readonly string[]): Promise<Described> {
  const described = await crew.describe(moduleUrls);
  const types = new Map<string, JobType>();
  const services = new Map<string, JobType>();
  const broken = [...described.broken];
  for (const jobType of described.types) {
    const first = types.get(jobType.type) ?? services.get(jobType.type);
    if (first === undefined) (jobType.service === undefined ? types : services).set(jobType.type, jobType);
    else
      broken.push({
        moduleUrl: jobType.moduleUrl,
        message: `job type ${jobType.type} is already defined by ${first.moduleUrl}`,
        at: jobType.moduleUrl.replace("file://", ""),
        stack: null,
      });
  }
  return { types, services, broken };
}
