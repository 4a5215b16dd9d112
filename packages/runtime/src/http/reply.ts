/** An answer as plain data; one place turns it into a response. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | ReadableStream<Uint8Array> | null;
}

export function json(value: unknown, options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}): Reply {
  return { status: options.status ?? 200, headers: { "content-type": "application/json", ...options.headers }, body: JSON.stringify(value) };
}

/** Stored JSON text, sent as it is: a result of a megabyte is neither parsed nor printed again. */
export function jsonText(text: string): Reply {
  return { status: 200, headers: { "content-type": "application/json" }, body: text };
}

/** An object with further members whose values are JSON text already. */
export function jsonWith(value: object, members: Readonly<Record<string, string | null>>, headers: Readonly<Record<string, string>> = {}): Reply {
  const tail = Object.entries(members).map(([name, text]) => `,${JSON.stringify(name)}:${text ?? "null"}`);
  return { status: 200, headers: { "content-type": "application/json", ...headers }, body: `${JSON.stringify(value).slice(0, -1)}${tail.join("")}}` };
}

export const NO_CONTENT: Reply = { status: 204, headers: {}, body: null };

export function toResponse(reply: Reply): Response {
  return new Response(reply.body, { status: reply.status, headers: reply.headers });
}
