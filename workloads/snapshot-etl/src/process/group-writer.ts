import type { Write } from "../database/open.ts";
import type { Element, Mapped } from "../mapping/items.ts";
import { nextBatchRows } from "./batch-size.ts";
import { toEtlError, type EtlErrorRow } from "./etl-errors.ts";
import type { Run } from "./run.ts";
import { writeBatch } from "./write-batch.ts";

export interface GroupRules<Row> {
  readonly entity: string;
  map(element: Element): Mapped<Row>;
  idOf(row: Row): string;
  write(transaction: Write, rows: readonly Row[]): Promise<number>;
}

/** Gathers rows of one group and writes them in batches, whose size follows the memory that is left. Holds one batch. */
export function createGroupWriter<Row extends object>(run: Run, rules: GroupRules<Row>) {
  let rows: Row[] = [];
  let errors: EtlErrorRow[] = [];
  let batchRows = run.batchRows;

  async function flush(): Promise<void> {
    const batch = { entity: rules.entity, rows, errors, idOf: rules.idOf, write: rules.write };
    rows = [];
    errors = [];
    await writeBatch(run, batch);
    batchRows = nextBatchRows(batchRows, run.batchRows, run.memoryShare());
  }

  return {
    flush,
    async add(elements: readonly Element[]): Promise<void> {
      for (const element of elements) {
        const mapped = rules.map(element);
        if (mapped.kind === "bad") errors.push(toEtlError(rules.entity, mapped.bad));
        else {
          rows.push(mapped.row);
          if ("extra" in mapped.row) run.tally.omitted += omittedOf(mapped.row.extra);
        }
        if (rows.length + errors.length >= batchRows) await flush();
      }
    },
  };
}

function omittedOf(extra: unknown): number {
  return typeof extra === "object" && extra !== null && "omitted" in extra && typeof extra.omitted === "number" ? extra.omitted : 0;
}
