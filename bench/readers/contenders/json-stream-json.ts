import { createReadStream } from "node:fs";
import chain from "stream-chain";
import { parser } from "stream-json";
import { pick } from "stream-json/filters/pick.js";
import { streamArray } from "stream-json/streamers/stream-array.js";
import { streamObject } from "stream-json/streamers/stream-object.js";
import { look, measureJson, type JsonFindings, type JsonParams } from "./json-work.ts";

/** As its documentation shows it, with values handed over whole instead of in pieces, which is faster. */
export default (params: JsonParams) =>
  measureJson(params, async (file: string, found: JsonFindings) => {
    const tokens = [createReadStream(file), parser({ packValues: true, streamValues: false }), pick({ filter: "items", once: true })] as const;
    const pipeline = params.form === "map" ? chain([...tokens, streamObject()]) : chain([...tokens, streamArray()]);
    for await (const { value } of pipeline) look(found, value);
  });
