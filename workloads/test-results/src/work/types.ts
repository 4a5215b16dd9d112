/** Names of the job types and lanes, as the runtime knows them. */
export const JOB_TYPES = {
  poll: "test-results.poll",
  discover: "test-results.discover",
  download: "test-results.download",
  measure: "test-results.measure",
  import: "test-results.import",
  importLarge: "test-results.import-large",
} as const;

export type JobTypeName = (typeof JOB_TYPES)[keyof typeof JOB_TYPES];

/** `large` runs one job at a time, with memory of its own. */
export const LANES = { asking: "asking", downloads: "downloads", imports: "imports", large: "large" } as const;
