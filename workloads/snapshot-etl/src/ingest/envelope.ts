import { Refusal } from "../errors.ts";

/** `{source, namecode?, payload, …}` read as it flows by: the payload's bytes are passed on, never parsed; everything beside it is small. */
export interface Envelope {
  /** Bytes of the payload in this chunk; views, good until the chunk is used again. @throws Refusal `INVALID_PAYLOAD` */
  push(chunk: Uint8Array): readonly Uint8Array[];
  /** The other members. @throws Refusal `INVALID_PAYLOAD` when it was cut, or has no payload. */
  end(): Readonly<Record<string, unknown>>;
}

type Place = "start" | "key-or-end" | "key" | "in-key" | "colon" | "value" | "in-value" | "comma-or-end" | "after";

const SMALL_BYTES_MAX = 16 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

export function createEnvelope(): Envelope {
  const members: Record<string, unknown> = {};
  let place: Place = "start";
  let small: number[] = [];
  let key = "";
  let depth = 0;
  let inString = false;
  let escaped = false;
  let payloadSeen = false;

  /** Whether the value that began ends with this byte; a scalar ends before it. */
  function endsValue(byte: number): "inside" | "ends" | "ended-before" {
    if (inString) {
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        inString = false;
        return depth === 0 ? "ends" : "inside";
      }
      return "inside";
    }
    if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return "ended-before";
      depth -= 1;
      return depth === 0 ? "ends" : "inside";
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) return "ended-before";
    return "inside";
  }

  function keep(byte: number): void {
    if (small.length >= SMALL_BYTES_MAX) throw invalid("a member beside the payload is too large");
    small.push(byte);
  }

  function closeSmall(): void {
    if (key !== "payload") members[key] = parseSmall(small);
    small = [];
    place = "comma-or-end";
  }

  /** Everything but the inside of a value. */
  function step(byte: number): void {
    if (place === "in-key") {
      keep(byte);
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        key = String(parseSmall(small));
        small = [];
        place = "colon";
      }
      return;
    }
    if (isSpace(byte)) return;
    if (place === "start" && byte === OPEN_BRACE) place = "key-or-end";
    else if ((place === "key-or-end" || place === "key") && byte === QUOTE) {
      small = [byte];
      place = "in-key";
    } else if ((place === "key-or-end" || place === "comma-or-end") && byte === CLOSE_BRACE) place = "after";
    else if (place === "colon" && byte === COLON) place = "value";
    else if (place === "comma-or-end" && byte === COMMA) place = "key";
    else throw invalid("the body is not a JSON object");
  }

  function beginValue(byte: number): void {
    if (isSpace(byte)) return;
    if (key === "payload") {
      if (payloadSeen) throw invalid("payload occurs twice");
      if (byte !== OPEN_BRACE) throw invalid("payload is not an object");
      payloadSeen = true;
    } else if (Object.hasOwn(members, key)) throw invalid(`${JSON.stringify(key.slice(0, 40))} occurs twice`);
    place = "in-value";
  }

  return {
    push(chunk) {
      const slices: Uint8Array[] = [];
      let from = place === "in-value" && key === "payload" ? 0 : -1;
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at] ?? 0;
        if (place === "value") {
          beginValue(byte);
          if (key === "payload" && payloadSeen) from = at;
        }
        if (place !== "in-value") {
          if (place !== "value") step(byte);
          continue;
        }
        const end = endsValue(byte);
        if (key !== "payload" && end !== "ended-before") keep(byte);
        if (end === "inside") continue;
        if (key === "payload") slices.push(chunk.subarray(from, at + 1));
        from = -1;
        closeSmall();
        if (end === "ended-before") step(byte);
      }
      if (from >= 0 && place === "in-value") slices.push(chunk.subarray(from));
      return slices;
    },
    end() {
      if (place !== "after") throw invalid("the body ends before its JSON does");
      if (!payloadSeen) throw invalid("payload is missing");
      return members;
    },
  };
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function parseSmall(bytes: readonly number[]): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw invalid("a member beside the payload is not JSON");
  }
}

function invalid(message: string): Refusal {
  return new Refusal("INVALID_PAYLOAD", message);
}
