/** A process tree that its job wants to find again: it stays in the worker between attempts, until it is given up. */
export interface KeptTree {
  /** Of the tree's root, as the worker sees it. */
  readonly pid: number;
  /** What it is, for people: "Chromium b-1f0c…". */
  readonly what: string;
}

/** All that the worker keeps and that is idle now; said at each change. What is in use is not kept. */
export interface KeptMessage {
  readonly kind: "kept";
  readonly trees: readonly KeptTree[];
}
