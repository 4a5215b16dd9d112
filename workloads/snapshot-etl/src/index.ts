// snapshot-etl: takes large JSON snapshots into a database in constant memory, and sets aside what cannot be processed.
// Owns: its database, its job types, the HTTP interface and the CLI. Never: a queue or a process of its own; those are Cofferdam's.
// In: player profiles as JSON, of any size. Out: rows, one summary row per player, errors that say where.
export { JOB_MODULES, lanesOf, startService, type Service, type ServiceOptions } from "./service.ts";
export { readSettings, SETTING_ROWS, type Settings } from "./settings.ts";
export { nameCodeOf, profileBytes, profileText, type ProfileRequest } from "./generate/profile-text.ts";
export { FLAWS, SIZES, type Flaw, type ProfileShape, type SizeName } from "./generate/sizes.ts";
export { openSnapshots, type Database } from "./database/open.ts";
