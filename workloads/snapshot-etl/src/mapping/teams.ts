import { badRow, type Element, type Mapped } from "./items.ts";
import { isObject, type Json } from "./json-text.ts";
import { describe, FieldProblem, text, wholeNumber } from "./values.ts";

export interface TeamRow {
  /** Position in the profile, from 0. */
  readonly slot: number;
  readonly name: string | null;
  readonly banner: number | null;
  readonly teamLevel: number | null;
  readonly class: string | null;
  readonly troopIds: readonly number[];
}

export const TEAM_KEYS: readonly string[] = ["Name", "Banner", "TeamLevel", "Class", "Troops"];

/** One team to one row; keys without a column are left out, as the table has no place for them. */
export function mapTeam({ index, value }: Element): Mapped<TeamRow> {
  try {
    if (!isObject(value)) throw new FieldProblem("Teams", `the item is ${describe(value)}, not an object`);
    return {
      kind: "row",
      row: {
        slot: index,
        name: text(value["Name"], "Name"),
        banner: wholeNumber(value["Banner"], "Banner", null),
        teamLevel: wholeNumber(value["TeamLevel"], "TeamLevel", null),
        class: text(value["Class"], "Class"),
        troopIds: readTroopIds(value["Troops"]),
      },
    };
  } catch (error) {
    return { kind: "bad", bad: badRow(error, `#${index}`) };
  }
}

function readTroopIds(value: Json | undefined): number[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new FieldProblem("Troops", `Troops is ${describe(value)}, not an array`);
  return value.map((each: Json, position) => {
    const id = wholeNumber(each, `Troops[${position}]`, null);
    if (id === null) throw new FieldProblem("Troops", `Troops[${position}] is null`);
    return id;
  });
}
