import { createReadStream } from "node:fs";
import { SaxesParser } from "saxes";
import { measureXml, noFindings, type XmlParams } from "./xml-work.ts";

/** Bare saxes on a decoding stream: no limits, no look at the declared encoding. Text is gathered only inside of failures. */
export default (params: XmlParams) =>
  measureXml(params, async (file) => {
    const found = noFindings();
    const parser = new SaxesParser({ xmlns: false });
    const onText = (text: string): void => {
      found.failureChars += text.length;
    };
    parser.on("error", (error) => {
      throw error;
    });
    parser.on("opentag", ({ name, attributes }) => {
      if (name === "testcase") {
        found.cases += 1;
        found.nameChars += attributes["name"]?.length ?? 0;
        found.seconds += Number(attributes["time"]);
      } else if (name === "failure" || name === "error") parser.on("text", onText);
    });
    parser.on("closetag", ({ name }) => {
      if (name === "failure" || name === "error") parser.off("text");
    });
    for await (const chunk of createReadStream(file, { encoding: "utf8" })) parser.write(String(chunk));
    parser.close();
    return found;
  });
