import { withScores, type DomainRecord } from "../record.ts";
import { scoreCategory } from "./link-scores.ts";

/** Both passes over the records of one category, in list order. */
export function scoreRecords(records: readonly DomainRecord[]): DomainRecord[] {
  const scores = scoreCategory(records);
  return records.flatMap((record, index) => {
    const own = scores[index];
    return own === undefined ? [] : [withScores(record, own)];
  });
}
