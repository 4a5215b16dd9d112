/** What an attempt left in its worker, which the next one will find. Looked at now and then: not after every short attempt. */
export interface Rest {
  /** V8's used heap after it. */
  readonly heapUsedBytes: number;
  /** Timers, sockets, children and other resources that keep a loop alive, beyond those that were there before it. */
  readonly handles: number;
  /** In its temporary directory, which is emptied. */
  readonly scratchBytes: number;
}
