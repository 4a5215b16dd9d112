/** Where a setting's value was written. */
export type Origin =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "flag"; readonly flag: string }
  | { readonly kind: "options" };

/** A value as somebody wrote it, not yet read. */
export interface Written {
  readonly value: unknown;
  readonly origin: Origin;
  /** What a relative path in it is relative to. */
  readonly directory: string;
}

/** One source of settings: setting key to what was written there. Lanes are keys of their own: "lanes.<name>". */
export type Layer = ReadonlyMap<string, Written>;

export function originText(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "file":
      return origin.file;
    case "environment":
      return origin.variable;
    case "flag":
      return origin.flag;
    case "options":
      return "options";
  }
}

/** How an error names the place: the words the operator can search for. */
export function placeText(key: string, origin: Origin): string {
  switch (origin.kind) {
    case "file":
      return `${key} in ${origin.file}`;
    case "environment":
      return origin.variable;
    case "flag":
      return origin.flag.split(" ")[0] ?? origin.flag;
    case "default":
    case "options":
      return key;
  }
}
