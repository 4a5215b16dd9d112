import { readFile } from "node:fs/promises";
import { SettingsError } from "workload-command-line";
import * as z from "zod";

const registryFile = z.object({
  patterns: z.array(z.string().min(1)),
  timeout_threshold_seconds: z.number().positive(),
  max_slow_worker_ratio: z.number().min(0).max(1),
});

export interface SlowRegistry {
  /** Whether a domain is known to be slow. */
  matches(domain: string): boolean;
  readonly thresholdSeconds: number;
  /** The share of the workers that may be at slow ones while others wait. */
  readonly workerRatio: number;
}

const SHIPPED = {
  patterns: ["chanel.*", "dior.*", "lancome.*", "yslbeauty.*", "gucci.*", "louisvuitton.*", "redbull.*", "monsterenergy.*", "nike.*", "adidas.*"],
  timeout_threshold_seconds: 15,
  max_slow_worker_ratio: 0.4,
};

/** @throws SettingsError for a file that is not a registry */
export async function readSlowRegistry(path: string | null): Promise<SlowRegistry> {
  return createSlowRegistry(path === null ? SHIPPED : await readFromFile(path));
}

async function readFromFile(path: string): Promise<z.infer<typeof registryFile>> {
  try {
    return registryFile.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new SettingsError(`SLOW_REGISTRY: ${path} is not a slow registry: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function createSlowRegistry(registry: z.infer<typeof registryFile> = SHIPPED): SlowRegistry {
  const expressions = registry.patterns.map((pattern) => new RegExp(`^(?:www\\.)?${pattern.toLowerCase().split("*").map(escape).join(".*")}$`));
  return {
    matches: (domain) => expressions.some((expression) => expression.test(domain)),
    thresholdSeconds: registry.timeout_threshold_seconds,
    workerRatio: registry.max_slow_worker_ratio,
  };
}

function escape(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
}
