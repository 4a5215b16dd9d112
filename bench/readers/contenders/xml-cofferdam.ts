import { readXml } from "@cofferdam/readers";
import { measureXml, noFindings, type XmlParams } from "./xml-work.ts";

/** `@cofferdam/readers` with its defaults: well-formedness, encoding, limits and places are all on. */
export default (params: XmlParams) =>
  measureXml(params, async (file) => {
    const found = noFindings();
    await readXml(file, {
      open({ name, attributes }) {
        if (name === "testcase") {
          found.cases += 1;
          found.nameChars += attributes["name"]?.length ?? 0;
          found.seconds += Number(attributes["time"]);
        }
        return name === "failure" || name === "error" ? undefined : "skip-text";
      },
      text(text) {
        found.failureChars += text.length;
      },
    });
    return found;
  });
