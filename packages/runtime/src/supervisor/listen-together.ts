import type { Writable } from "node:stream";

type Moment = "close" | "drain";

interface Group {
  readonly acts: Set<() => void>;
  readonly ring: () => void;
}

const groups: Readonly<Record<Moment, WeakMap<Writable, Group>>> = { close: new WeakMap(), drain: new WeakMap() };

/**
 * Like `once`, with one listener for all who wait for the same: many outputs may go to one stream, and Node warns of more than ten listeners as of a leak of whoever owns it.
 * @returns how to stop waiting.
 */
export function listenTogether(to: Writable, moment: Moment, act: () => void): () => void {
  const group = groups[moment].get(to) ?? openGroup(to, moment);
  group.acts.add(act);
  return () => {
    group.acts.delete(act);
    if (group.acts.size > 0 || groups[moment].get(to) !== group) return;
    groups[moment].delete(to);
    to.off(moment, group.ring);
  };
}

function openGroup(to: Writable, moment: Moment): Group {
  const acts = new Set<() => void>();
  const ring = (): void => {
    groups[moment].delete(to);
    for (const act of acts) act();
  };
  const group = { acts, ring };
  groups[moment].set(to, group);
  to.once(moment, ring);
  return group;
}
