/** A conversation with the inspector of a Node process. */
export interface InspectorSession {
  /** Resolves when it can be asked; null when the connection was refused or cut. */
  readonly opened: Promise<"open" | null>;
  /** Resolves when the connection is over. */
  readonly closed: Promise<null>;
  /** The result, or null when there will be none. */
  ask(method: string, params?: object): Promise<object | null>;
  close(): void;
}

interface InspectorMessage {
  readonly id?: number;
  readonly result?: object;
  readonly method?: string;
  readonly params?: object;
}

/** Never throws. Answers have no time limit of their own: whoever asks a busy process knows how long it is worth waiting. */
export function openSession(url: string, onEvent: (method: string, params: object) => void = () => undefined): InspectorSession {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (result: object | null) => void>();
  let lastId = 0;
  const closed = new Promise<null>((resolve) => {
    socket.addEventListener("close", () => resolve(null));
    socket.addEventListener("error", () => resolve(null));
  });
  const opened = new Promise<"open">((resolve) => {
    socket.addEventListener("open", () => resolve("open"));
  });
  socket.addEventListener("message", ({ data }) => {
    const message = parseMessage(data);
    // The address stands in a log that the job writes, too: who answers there may be anybody.
    if (message === null) socket.close();
    else if (message.id !== undefined) waiting.get(message.id)?.(message.result ?? null);
    else if (message.method !== undefined) onEvent(message.method, message.params ?? {});
  });
  return {
    opened: Promise.race([opened, closed]),
    closed,
    ask(method, params = {}) {
      lastId += 1;
      const id = lastId;
      const answer = new Promise<object | null>((resolve) => {
        waiting.set(id, resolve);
      });
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ id, method, params }));
      return Promise.race([answer, closed]);
    },
    close: () => socket.close(),
  };
}

function parseMessage(data: unknown): InspectorMessage | null {
  try {
    const message: unknown = JSON.parse(String(data));
    return typeof message === "object" ? message : null;
  } catch {
    return null;
  }
}
