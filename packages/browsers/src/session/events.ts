/** What happens in the life of a session. `killed`: not closed in an orderly way, but ended with its browser or given up after the bounded close. */
export const BROWSER_EVENT_KINDS = [
  "browser-planned",
  "browser-created",
  "browser-ready",
  "browser-retired",
  "browser-kept",
  "browser-reused",
  "browser-closed",
  "browser-killed",
  "browser-died",
  "context-created",
  "context-closed",
  "context-killed",
  "context-leaked",
  "page-created",
  "page-closed",
  "page-killed",
  "page-crashed",
  "page-leaked",
  "popup-closed",
  "dialog-answered",
  "download-cancelled",
] as const;

export type BrowserEventKind = (typeof BROWSER_EVENT_KINDS)[number];

export interface BrowserEvent {
  readonly kind: BrowserEventKind;
  /** Of the browser, context or page: "b-1f0c…", "c3", "p7". */
  readonly id: string;
  /** The browser that it belongs to. */
  readonly browserId: string;
  readonly atMs: number;
  /** Why, how or where: a reason to retire, how a browser ended, the line that opened what leaked, the address of a popup. "" when there is nothing to say. */
  readonly detail: string;
}

export type BrowserCounts = Readonly<Record<BrowserEventKind, number>>;

export interface EventLog {
  emit(kind: BrowserEventKind, browserId: string, id: string, detail?: string): void;
  counts(): BrowserCounts;
}

const totals = zeroCounts();

/** Of all sessions of this process since its start; every kind is there from the beginning. */
export function browserCounts(): BrowserCounts {
  return { ...totals };
}

export interface EventListeners {
  readonly onEvent: ((event: BrowserEvent) => void) | null;
  /** The job's counters, which reach its runtime's metrics: "browser.page-created". */
  readonly count: ((name: string, by?: number) => void) | null;
}

/** Counts, and tells the listener. A listener that throws is a bug of the listener: it ends nothing here, and is reported as an uncaught error. */
export function createEventLog({ onEvent, count }: EventListeners): EventLog {
  const own = zeroCounts();
  // All exist from the first session on: otherwise the first leak would be invisible to `increase()`.
  for (const kind of BROWSER_EVENT_KINDS) count?.(`browser.${kind}`, 0);
  return {
    emit(kind, browserId, id, detail = "") {
      own[kind] += 1;
      totals[kind] += 1;
      try {
        count?.(`browser.${kind}`);
        onEvent?.({ kind, id, browserId, atMs: Date.now(), detail });
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    },
    counts: () => ({ ...own }),
  };
}

function zeroCounts(): Record<BrowserEventKind, number> {
  return {
    "browser-planned": 0,
    "browser-created": 0,
    "browser-ready": 0,
    "browser-retired": 0,
    "browser-kept": 0,
    "browser-reused": 0,
    "browser-closed": 0,
    "browser-killed": 0,
    "browser-died": 0,
    "context-created": 0,
    "context-closed": 0,
    "context-killed": 0,
    "context-leaked": 0,
    "page-created": 0,
    "page-closed": 0,
    "page-killed": 0,
    "page-crashed": 0,
    "page-leaked": 0,
    "popup-closed": 0,
    "dialog-answered": 0,
    "download-cancelled": 0,
  };
}
