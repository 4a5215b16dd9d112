import { readFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "assemblyscript/asc";

const FLAGS = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--enable", "simd", "--initialMemory", "4", "--memoryBase", "64", "--use", "abort="];

/** The text of src/json/scanner-code.ts as it has to be. */
export async function compileScanner(): Promise<string> {
  let code = new Uint8Array();
  const sources = new Map(["scan.ts", "blocks.ts", "rewrite.ts", "tables.ts"].map((name) => [name, readFileSync(join(import.meta.dirname, name), "utf8")]));
  const { error, stderr } = await main(["scan.ts", "--outFile", "scan.wasm", ...FLAGS], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (name, contents) => {
      if (name === "scan.wasm" && typeof contents !== "string") code = Uint8Array.from(contents);
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`the scanner does not compile: ${stderr.toString()}`, { cause: error });
  const lines = Buffer.from(code)
    .toString("base64")
    .match(/.{1,150}/g);
  return [
    "// Written by wasm/build.ts from wasm/scan.ts.",
    "export const SCANNER_CODE =",
    ...(lines ?? []).map((line, index, all) => `  "${line}"${index === all.length - 1 ? ";" : " +"}`),
    "",
  ].join("\n");
}
