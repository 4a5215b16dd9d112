import { posix } from "node:path";
import { blankComments, lineOf, readImports, type Import, type Source } from "./read-sources.ts";
import { doorOf, LINES_MAX, ROOMS, SHARED_FILES, VERBS, WIRING_FILES, WORKER_MAY_IMPORT } from "./rooms.ts";

/** Every broken wall, as "path:line: what is wrong". */
export function findViolations(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((source) => [...importViolations(source), ...verbViolations(source), ...shapeViolations(source)]);
}

function importViolations(source: Source): readonly string[] {
  return readImports(source.text).flatMap((each) => {
    if (!each.specifier.startsWith(".")) return [];
    const target = posix.normalize(posix.join(posix.dirname(source.path), each.specifier));
    const problem = importProblem(source, target, each);
    return problem === null ? [] : [`${source.path}:${each.line}: ${problem}`];
  });
}

function importProblem(source: Source, target: string, { kind }: Import): string | null {
  const from = source.room;
  const room = target.includes("/") ? (target.split("/")[0] ?? "") : "";
  if (from === "" || from === room) return null;
  if (from === "worker") return WORKER_MAY_IMPORT.includes(room === "" ? target : room) ? null : `the worker may not know ${target}: it runs beside user code`;
  if (room === "worker") return `${from} may not import the worker: it runs in another process`;
  if (room === "") return wiringProblem(from, target, kind);
  const isPort = target.endsWith("/ports.ts");
  if (isPort && kind === "type") return null;
  if (placeOf(room) > placeOf(from)) return `${from} may not import ${room}, a later room${isPort ? ": only its types" : ""}`;
  return isPort || target === `${room}/index.ts` ? null : `${from} has to use the door ${room}/index.ts, not ${target}`;
}

/** A type of the wiring is what startRuntime returns or takes; only the last rooms speak of it. */
function wiringProblem(from: string, target: string, kind: "type" | "value"): string | null {
  if (SHARED_FILES.includes(target)) return null;
  // The CLI is the one client that lives in the same package: it starts runtimes and contains commands.
  if (WIRING_FILES.includes(target) && from === "cli") return null;
  return `${from} may not import ${target} (${kind}): it wires the rooms`;
}

function placeOf(room: string): number {
  const place = (ROOMS as readonly string[]).indexOf(room);
  return place === -1 ? ROOMS.length : place;
}

function verbViolations(source: Source): readonly string[] {
  const code = blankComments(source.text);
  return VERBS.filter(({ only }) => !Object.keys(only).some((place) => source.path.startsWith(place))).flatMap(({ name, pattern, only }) =>
    [...code.matchAll(new RegExp(pattern, `g${pattern.flags}`))].map(
      (match) => `${source.path}:${lineOf(code, match.index)}: only ${Object.keys(only).join(", ")} may ${name} (${match[0].trim()})`,
    ),
  );
}

function shapeViolations(source: Source): readonly string[] {
  const found: string[] = [];
  const lines = source.text.split("\n").length - 1;
  if (lines > LINES_MAX) found.push(`${source.path}:${LINES_MAX + 1}: ${lines} lines; ${LINES_MAX} at most`);
  if (source.path === doorOf(source.room)) found.push(...headerViolations(source));
  if (source.room !== "" && placeOf(source.room) === ROOMS.length) found.push(`${source.path}:1: room ${source.room} has no place in the order of rooms`);
  return found;
}

/** The door says what the room is: its name, owns, never, in and out. */
function headerViolations(source: Source): readonly string[] {
  const header = /^(?:\/\/.*\n)+/.exec(source.text)?.[0] ?? "";
  return [`// ${source.room}: `, "Owns: ", "ever: ", "In: ", "Out: "]
    .filter((part) => !header.includes(part))
    .map((part) => `${source.path}:1: the header does not say "${part.trim()}"`);
}

/** Rooms of the order that have no door. */
export function findMissingDoors(sources: readonly Source[]): readonly string[] {
  const paths = new Set(sources.map(({ path }) => path));
  return ROOMS.filter((room) => !paths.has(doorOf(room))).map((room) => `${doorOf(room)}:1: the room has no door`);
}
