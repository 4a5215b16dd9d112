import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { readXml, ReaderError } from "../src/index.ts";
import { soupDocument } from "./xml-soup.ts";

interface Said {
  accepted: boolean;
  readonly events: string[];
}

/** Neighbouring texts count as one: where a text is divided is nobody's promise. */
function addText(events: string[], text: string): void {
  if (text === "") return;
  const last = events.at(-1);
  if (last?.startsWith("text ") === true) events[events.length - 1] = last + text;
  else events.push(`text ${text}`);
}

function attributesText(attributes: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(attributes).sort());
}

function readWithSaxes(written: string): Said {
  const parser = new SaxesParser({ xmlns: false });
  const said: Said = { accepted: true, events: [] };
  let depth = 0;
  parser.on("error", () => {
    said.accepted = false;
  });
  parser.on("opentag", ({ name, attributes }) => {
    depth += 1;
    said.events.push(`open ${name} ${attributesText(attributes)}`);
  });
  parser.on("text", (text) => depth > 0 && addText(said.events, text));
  parser.on("cdata", (text) => addText(said.events, text));
  parser.on("closetag", ({ name }) => {
    depth -= 1;
    said.events.push(`close ${name}`);
  });
  parser.write(written).close();
  return said;
}

async function readWithOurs(written: string): Promise<Said> {
  const said: Said = { accepted: true, events: [] };
  try {
    await readXml(Buffer.from(written), {
      open: ({ name, attributes }) => void said.events.push(`open ${name} ${attributesText(attributes)}`),
      text: (text) => addText(said.events, text),
      close: (name) => void said.events.push(`close ${name}`),
    });
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error;
    said.accepted = false;
  }
  return said;
}

describe("readXml beside saxes", () => {
  it("accepts and refuses the same documents, and reads the same from those that are accepted", async () => {
    await fc.assert(
      fc.asyncProperty(soupDocument, async (written) => {
        const saxes = readWithSaxes(written);
        const ours = await readWithOurs(written);
        assert.equal(ours.accepted, saxes.accepted, JSON.stringify(written));
        if (saxes.accepted) assert.deepEqual(ours.events, saxes.events, JSON.stringify(written));
      }),
      { numRuns: 4000 },
    );
  });
});
