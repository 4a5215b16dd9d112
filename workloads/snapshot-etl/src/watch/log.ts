export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const SECRET = /password|token|session|auth|api_?key/i;
const TEXT_MAX = 500;
const DEPTH_MAX = 4;

/** The value of a key that names a secret is never shown; long texts are cut, so that no payload gets into a log by way of a message. */
export function mask(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.length <= TEXT_MAX ? value : `${value.slice(0, TEXT_MAX)}… (${value.length} characters)`;
  if (value instanceof Error) return mask(value.message, depth);
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? String(value) : value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth >= DEPTH_MAX) return "…";
  if (Array.isArray(value)) return value.slice(0, 20).map((each) => mask(each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, SECRET.test(key) ? "***" : mask(each, depth + 1)]));
}

/** One JSON document a line, on standard error. */
export function createLog(write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`)): Log {
  const say =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      write(JSON.stringify({ level, time: new Date().toISOString(), message: mask(message), ...Object(mask(fields)) }));
  return { info: say("info"), warn: say("warn"), error: say("error") };
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
