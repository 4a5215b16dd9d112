// Where the elements are: "$.result.items[*]". Parsed once, walked while the document arrives.

/** `array`: `[*]`, `map`: `{*}`, `either`: `.*` */
export type ElementKind = "array" | "map" | "either";

/** A place in the documents that paths lead through. */
export interface PathNode {
  readonly children: Map<string, PathNode>;
  /** What is to be visited here, if anything: the paths as they were written. */
  target: { readonly kind: ElementKind; readonly written: string } | null;
}

const STEP = /\.([^.[\]{}*|\s"'$]+)|\[("(?:[^"\\]|\\.)*")\]|(\[\*\]|\{\*\}|\.\*)/y;
const KINDS: ReadonlyMap<string, ElementKind> = new Map([
  ["[*]", "array"],
  ["{*}", "map"],
  [".*", "either"],
]);

/**
 * `$` is the document; `.name` and `["any name"]` lead into objects; at the end `[*]` stands for the elements of an array, `{*}` for the entries of an object, `.*` for either.
 * ` | ` separates alternatives.
 * @throws TypeError for a path that cannot be read, and for two that lead to the same or into each other.
 */
export function compilePaths(written: readonly string[]): PathNode {
  const root = newNode();
  for (const all of written) for (const one of all.split(/\s\|\s/)) addPath(root, one.trim(), all);
  return root;
}

function addPath(root: PathNode, path: string, written: string): void {
  if (!path.startsWith("$")) throw new TypeError(`the path ${path} does not begin with $`);
  let node = root;
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex;
    const step = STEP.exec(path);
    if (step === null) throw new TypeError(`the path ${path} cannot be read from character ${at} on: .name, ["name"], [*], {*} and .* are steps`);
    if (node.target !== null) throw new TypeError(`the path ${path} leads into the elements of ${node.target.written}`);
    const kind = KINDS.get(step[3] ?? "");
    if (kind !== undefined) return end(node, kind, path, STEP.lastIndex, written);
    node = childOf(node, step[1] ?? String(JSON.parse(step[2] ?? '""')));
  }
  throw new TypeError(`the path ${path} ends without [*], {*} or .*`);
}

function end(node: PathNode, kind: ElementKind, path: string, at: number, written: string): void {
  if (at !== path.length) throw new TypeError(`the path ${path} goes on after ${path.slice(0, at)}: only what a path ends with may stand for many`);
  if (node.children.size > 0) throw new TypeError(`another path leads into the elements of ${path}`);
  node.target = { kind, written };
}

function childOf(node: PathNode, name: string): PathNode {
  const known = node.children.get(name);
  if (known !== undefined) return known;
  const child = newNode();
  node.children.set(name, child);
  return child;
}

function newNode(): PathNode {
  return { children: new Map(), target: null };
}

/** `$.a["b c"][3]` */
export function pathText(steps: readonly (string | number)[]): string {
  return `$${steps.map((step) => (typeof step === "number" ? `[${step}]` : /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, 100))}]`)).join("")}`;
}
