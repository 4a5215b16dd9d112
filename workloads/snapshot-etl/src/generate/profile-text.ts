import { createRandom, type Random } from "./random.ts";
import type { Flaw, ProfileShape } from "./sizes.ts";

const CLASSES = ["Titan", "Archmage", "Warlord", "Oracle"] as const;
const DEPTH = 100_000;
const PIECE_CHARACTERS = 16_384;
const DRAWS = { name: 4, profile: 9, troop: 9, pet: 6, artifact: 2, team: 7 } as const;

export interface ProfileRequest {
  readonly n: number;
  readonly shape: ProfileShape;
  readonly flaw: Flaw;
}

/**
 * The profile as text, in pieces of about 16 KB: ASCII, the same for the same request everywhere. Holds one piece at a time whatever the size.
 * @example for (const piece of profileText({ n: 1, shape: SIZES.tiny, flaw: "none" })) process.stdout.write(piece);
 */
export function* profileText(request: ProfileRequest): Generator<string> {
  yield* inPieces(request.flaw === "truncated" ? cut(request) : request.flaw === "malformed" ? spoil(tokens(request)) : tokens(request));
}

/** Bytes of the whole; the text is ASCII. */
export function profileBytes(request: ProfileRequest): number {
  let bytes = 0;
  for (const piece of profileText(request)) bytes += piece.length;
  return bytes;
}

export function nameCodeOf(n: number): string {
  const random = createRandom(n);
  return `GEN${n}_${Array.from({ length: 4 }, () => String.fromCharCode(65 + random.draw(26))).join("")}`;
}

function* inPieces(parts: Iterable<string>): Generator<string> {
  let piece = "";
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

/** The first 60 % of the sound text. */
function* cut(request: ProfileRequest): Generator<string> {
  let left = Math.floor(0.6 * profileBytes({ ...request, flaw: "none" }));
  for (const token of tokens({ ...request, flaw: "none" })) {
    if (left <= 0) return;
    yield token.slice(0, left);
    left -= token.length;
  }
}

/** The first colon becomes an equals sign. */
function* spoil(sound: Iterable<string>): Generator<string> {
  let spoilt = false;
  for (const token of sound) {
    yield spoilt ? token : token.replace(":", "=");
    spoilt ||= token.includes(":");
  }
}

function* tokens(request: ProfileRequest): Generator<string> {
  const { shape, flaw } = request;
  const name = `"NameCode":"${nameCodeOf(request.n)}"`;
  const key = flaw === "missing-profile" ? "Profile" : "ProfileData";
  yield shape.wrap ? '{"result":{' : "{";
  if (flaw !== "late-name") yield `${name},`;
  yield `"${key}":{`;
  yield* profile(request);
  yield "}";
  if (flaw === "late-name") yield `,${name}`;
  yield shape.wrap ? "}}" : "}";
}

function* profile({ n, shape, flaw }: ProfileRequest): Generator<string> {
  const start = createRandom(n).ahead(DRAWS.name);
  const troops = start.ahead(DRAWS.profile);
  const pets = troops.ahead(DRAWS.troop * shape.troops);
  const artifacts = pets.ahead(DRAWS.pet * shape.pets);
  const teams = artifacts.ahead(DRAWS.artifact * shape.artifacts);
  const equipped = teams.ahead(DRAWS.team * shape.teams);
  const history = equipped.ahead(shape.pets === 0 ? 0 : 1);
  const collections = [
    () => (flaw === "wrong-types" ? ['"Troops":12'] : collection("Troops", "TroopId", shape, shape.troops, 6000, (index) => troop(troops, flaw, index, shape.troops))),
    () => collection("Pets", "PetId", shape, shape.pets, 100, () => pet(pets)),
    () => collection("Artifacts", "ArtifactId", shape, shape.artifacts, 1, () => `"Level":${1 + artifacts.draw(10)},"XP":${artifacts.draw(5000)}`),
    () => list("Teams", shape.teams, (index) => team(teams, index, shape.troops)),
    () => list("History", shape.history, () => `{"t":${history.draw(1_000_000_000)},"v":${history.draw(1_000_000)}}`),
  ];
  const head = [...scalars(start, n, flaw), `"EquippedPetId":${shape.pets === 0 ? "null" : 100 + equipped.draw(shape.pets)}`].join(",");
  if (flaw !== "reversed") yield head;
  for (const [index, make] of (flaw === "reversed" ? collections.toReversed() : collections).entries()) {
    if (index > 0 || flaw !== "reversed") yield ",";
    yield* make();
  }
  if (flaw === "reversed") yield `,${head}`;
  if (flaw === "unknown-fields") yield ',"Zodiac":{"a":1}';
  if (flaw === "deep") yield* [',"Deep":', "[".repeat(DEPTH), "]".repeat(DEPTH)];
}

function scalars(random: Random, n: number, flaw: Flaw): string[] {
  const level = 1 + random.draw(1500);
  const race = random.draw(8);
  const gender = random.draw(2);
  const heroClass = className(random);
  const guild = random.draw(50);
  const rank = random.draw(6);
  const tier = random.draw(6);
  const honor = random.draw(20);
  const serverTime = 1_764_547_200 + random.draw(86_400);
  return [
    `"Name":"Player ${n}"`,
    `"Level":${flaw === "wrong-types" ? '{"a":1}' : level}`,
    `"Race":${race}`,
    `"Gender":${gender}`,
    `"Class":"${heroClass}"`,
    `"GuildId":${1000 + guild}`,
    `"GuildName":"Guild ${guild}"`,
    `"GuildRank":${rank}`,
    `"PvpTier":${tier}`,
    `"HonorRank":${honor}`,
    `"ServerTime":${serverTime}`,
  ];
}

function troop(random: Random, flaw: Flaw, index: number, count: number): string {
  const amount = random.draw(60);
  const written = flaw === "bad-troop" && index === Math.floor(count / 2) ? '"many"' : String(amount);
  const rest = `"Level":${1 + random.draw(20)},"CurrentRarity":${1 + random.draw(6)},"FusionCards":${random.draw(200)},"OrbFusionCards":${random.draw(5)}`;
  const more = `"TraitsOwned":${random.draw(4)},"Invasions":${random.draw(1000)},"ShinyLevelProgress":${random.draw(100)},"OrbsUsed":${random.draw(10)}`;
  return `"Amount":${written},${rest},${more}${flaw === "unknown-fields" ? ',"Sparkle":9' : ""}`;
}

function pet(random: Random): string {
  const first = `"Amount":${1 + random.draw(10)},"Level":${1 + random.draw(20)},"XP":${random.draw(10_000)}`;
  return `${first},"OrbFusionCards":${random.draw(5)},"OrbsUsed":${random.draw(5)},"AscensionLevel":${random.draw(4)}`;
}

function team(random: Random, index: number, troops: number): string {
  const head = `"Name":"Team ${index + 1}","Banner":${3000 + random.draw(40)},"TeamLevel":${1 + random.draw(200)},"Class":"${className(random)}"`;
  return `{${head},"Troops":[${Array.from({ length: 4 }, () => 6000 + random.draw(troops)).join(",")}]}`;
}

function className(random: Random): string {
  return CLASSES[random.draw(CLASSES.length)] ?? CLASSES[0];
}

/** @param body the item's keys without braces and id */
function* collection(name: string, idKey: string, shape: ProfileShape, count: number, firstId: number, body: (index: number) => string): Generator<string> {
  const map = shape.form === "map";
  yield `"${name}":${map ? "{" : "["}`;
  for (let index = 0; index < count; index += 1) {
    const id = firstId + index;
    yield `${index === 0 ? "" : ","}${map ? `"${id}":{` : `{"${idKey}":${id},`}${body(index)}}`;
  }
  yield map ? "}" : "]";
}

function* list(name: string, count: number, item: (index: number) => string): Generator<string> {
  yield `"${name}":[`;
  for (let index = 0; index < count; index += 1) yield `${index === 0 ? "" : ","}${item(index)}`;
  yield "]";
}
