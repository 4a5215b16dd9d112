// config: one complete set of settings from defaults, config file, environment and flags.
// Owns: the table of settings, their reading and their origins. Never: starts anything, logs, exits.
// In: written options of any layer. Out: ResolvedConfig with nothing left open, or one error that names the place.
export { configRows, type ConfigRow } from "./describe.ts";
export { defineConfig } from "./define-config.ts";
export { loadConfigFile, CONFIG_FILE_NAMES, type ConfigFile, type ConfigFileOptions, type ExecOptions } from "./file.ts";
export { environmentLayer, readTokenFile, withoutTokens, OTHER_VARIABLES } from "./environment.ts";
export { findJobModules } from "./modules.ts";
export { originText, type Origin } from "./origin.ts";
export {
  resolveConfig,
  resolveOptions,
  runtimeOptionsOf,
  type ConfigSources,
  type Machine,
  type ResolvedConfig,
  type ResolvedHttp,
  type Resolution,
  type Token,
} from "./resolve.ts";
export { LANES_ROW, SETTINGS, SETTING_LIST, type AnySetting } from "./settings.ts";
