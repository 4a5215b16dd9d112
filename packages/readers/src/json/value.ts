/** Any JSON value. Objects are plain and have only own properties, `__proto__` included; a bigint only where it was asked for. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What becomes of an integer beyond ±(2^53 - 1), or a number beyond what a double can hold: its digits as text, a bigint (text for those with a fraction or exponent), what JSON.parse makes of it, or an error. */
export type BigNumbers = "string" | "bigint" | "number" | "error";

/** Two values for one key: refused, or the last one stands, as in JSON.parse. */
export type DuplicateKeys = "refuse" | "last";
