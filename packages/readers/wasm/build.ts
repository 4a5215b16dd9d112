// Compiles scan.ts and puts the result into src/json/scanner-code.ts. Run it after every change of scan.ts; a test compares the two.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileScanner } from "./compile.ts";

const target = join(import.meta.dirname, "..", "src", "json", "scanner-code.ts");
writeFileSync(target, await compileScanner());
