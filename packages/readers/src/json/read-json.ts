import { openInput, resolveInputOptions, type ReaderInput } from "../input/index.ts";
import { Elements, type JsonBatch } from "./elements.ts";
import { resolveJsonOptions, type JsonOptions } from "./options.ts";
import { Outline } from "./outline.ts";
import { compilePaths, pathText, type PathNode } from "./paths.ts";
import { placeOf } from "./place.ts";
import { borrowScanner, giveBackScanner, BATCH_BYTES } from "./scanner.ts";
import type { JsonValue } from "./value.ts";
import type { ReaderErrorPlace } from "../errors.ts";

/** Called with some elements at a time, in the order of the document; what it answers is awaited, and nothing is read meanwhile. What it throws ends the reading. */
export type JsonVisitor = (batch: JsonBatch) => void | Promise<void>;

export interface ReadJsonOptions extends JsonOptions {
  /** What to do with which elements: visitors by path (see `compilePaths`); `skip` checks elements and lets go of them. */
  readonly visit: Readonly<Record<string, JsonVisitor | "skip">>;
  /** How many elements of a container (by its concrete path, `$.items`) were dealt with earlier: they are checked, but not handed over again. */
  readonly resume?: Readonly<Record<string, number>>;
}

export interface JsonSummary {
  /** Everything that was not visited; visited arrays and maps are empty in it. */
  readonly outline: JsonValue;
  /** Elements by the path of their container, in the order of the document, those included that were not handed over. */
  readonly elements: ReadonlyMap<string, number>;
  readonly bytes: number;
}

/**
 * Reads one JSON document of any size in constant memory: the elements at the given paths go to their visitors, all the rest is the outline.
 * Elements are handed over before the document's end has been seen: whoever keeps them must be able to take them back when `readJson` rejects.
 * @throws ReaderError for a bad document or source; TypeError for paths that cannot be read; the signal's reason; what a visitor or a given stream threw.
 * @example
 * const { outline } = await readJson("profile.json", {
 *   visit: { "$.ProfileData.Troops.* | $.result.ProfileData.Troops.*": async ({ values, keys }) => save(values, keys) },
 * });
 */
export async function readJson(input: ReaderInput, options: ReadJsonOptions): Promise<JsonSummary> {
  const visitors = new Map(Object.entries(options.visit));
  const reading = new Reading(compilePaths([...visitors.keys()]), options);
  for await (const batch of reading.batches(input)) {
    const visitor = visitors.get(batch.visited);
    const wanted = visitor === undefined || visitor === "skip" ? null : withoutFirst(batch, options.resume?.[batch.path] ?? 0);
    if (wanted === null || typeof visitor !== "function") continue;
    await visitor(wanted);
    options.signal?.throwIfAborted();
  }
  return reading.end();
}

/**
 * The elements at one path, batch by batch, for `for await`. Leaving the loop closes the source.
 * @throws as `readJson` does, also at the end of the loop
 * @example
 * for await (const { values } of jsonBatches("big.json.gz", "$.items[*]")) for (const item of values) count(item);
 */
export async function* jsonBatches(input: ReaderInput, path: string, options: JsonOptions & Pick<ReadJsonOptions, "resume"> = {}): AsyncGenerator<JsonBatch, JsonSummary, void> {
  const reading = new Reading(compilePaths([path]), options);
  for await (const batch of reading.batches(input)) {
    const wanted = withoutFirst(batch, options.resume?.[batch.path] ?? 0);
    if (wanted !== null) yield wanted;
    options.signal?.throwIfAborted();
  }
  return reading.end();
}

/** The batch without the elements that come before this index of their container. */
function withoutFirst(batch: JsonBatch, index: number): JsonBatch | null {
  const passed = index - batch.firstIndex;
  if (passed <= 0) return batch;
  if (passed >= batch.values.length) return null;
  return { ...batch, firstIndex: index, values: batch.values.slice(passed), keys: batch.keys === null ? null : batch.keys.slice(passed) };
}

/** One document on its way: outline and elements in turn. */
class Reading {
  readonly #options: JsonOptions;
  readonly #resolved: ReturnType<typeof resolveJsonOptions>;
  readonly #outline: Outline;
  readonly #scanner = borrowScanner();
  readonly #counts = new Map<string, number>();
  #elements: Elements | null = null;
  #path = "$";
  #bytes = 0;

  constructor(root: PathNode, options: JsonOptions) {
    this.#options = options;
    this.#resolved = resolveJsonOptions(options);
    this.#outline = new Outline(root, this.#resolved);
  }

  async *batches(input: ReaderInput): AsyncGenerator<JsonBatch, void, void> {
    try {
      for await (const chunk of openInput(input, resolveInputOptions(this.#options, { chunkBytes: BATCH_BYTES, place: (byte) => this.#place(byte) }))) yield* this.#take(chunk);
      this.#elements?.breakOff();
    } finally {
      giveBackScanner(this.#scanner);
    }
  }

  *#take(chunk: Buffer): Generator<JsonBatch, void> {
    this.#bytes += chunk.length;
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(this.#elements === null ? this.#takeOutline(rest) : yield* this.#takeElements(this.#elements, rest));
  }

  /** What there is to say when all batches have been seen. @throws ReaderError */
  end(): JsonSummary {
    return { outline: this.#outline.judge(), elements: this.#counts, bytes: this.#bytes };
  }

  #takeOutline(bytes: Buffer): number {
    const { taken, entered } = this.#outline.take(bytes);
    if (entered !== null) {
      this.#path = pathText(entered.steps);
      this.#elements = new Elements(this.#scanner, entered, this.#outline.anchor(), this.#resolved);
    }
    return taken;
  }

  *#takeElements(elements: Elements, bytes: Buffer): Generator<JsonBatch, number> {
    const taken = yield* elements.take(bytes);
    this.#counts.set(this.#path, elements.count);
    if (elements.closed !== null) {
      this.#outline.leave(elements.closed.bracket, elements.closed.anchor);
      this.#elements = null;
    }
    return taken;
  }

  /** Where an error of the source is noticed: behind everything that was taken. */
  #place(byte: number): ReaderErrorPlace {
    const anchor = this.#elements?.end() ?? this.#outline.anchor();
    const path = this.#elements === null ? pathText(this.#outline.steps()) : `${this.#path}[${this.#elements.count}]`;
    return { ...placeOf(anchor, path), byte };
  }
}
