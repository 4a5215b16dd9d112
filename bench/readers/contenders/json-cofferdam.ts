import { readJson, readNdjson } from "@cofferdam/readers";
import { look, measureJson, type JsonFindings, type JsonParams } from "./json-work.ts";

/** `@cofferdam/readers` with its defaults: UTF-8, limits, duplicate keys, exact numbers and places are all on. */
export default (params: JsonParams) => measureJson(params, params.form === "lines" ? readLines : readElements);

async function readElements(file: string, found: JsonFindings): Promise<void> {
  await readJson(file, {
    visit: {
      "$.items.*"({ values }) {
        for (const value of values) look(found, value);
      },
    },
  });
}

async function readLines(file: string, found: JsonFindings): Promise<void> {
  await readNdjson(file, ({ values }) => {
    for (const value of values) look(found, value);
  });
}
