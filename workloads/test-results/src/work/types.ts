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

/** `imports` and `large` run one job at a time: the two writers of the database. */
export const LANES = { asking: "asking", downloads: "downloads", imports: "imports", large: "large" } as const;
