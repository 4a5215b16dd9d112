import type { ConfigFileOptions } from "./file.ts";

/**
 * Types a config file; changes nothing.
 * @example export default defineConfig({ jobs: ["./jobs"], lanes: { browsers: { concurrency: 2 } } });
 */
export function defineConfig(options: ConfigFileOptions): ConfigFileOptions {
  return options;
}
