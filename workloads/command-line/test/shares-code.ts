// A program that shares its compiled code, loads a module, and says where the code is kept.
import { keepCompiledCode, shareCompiledCode } from "../src/index.ts";

shareCompiledCode(process.argv[2] ?? "");
await import("../src/read-count.ts");
keepCompiledCode();
process.stdout.write(process.env["NODE_COMPILE_CACHE"] ?? "");
// Ended like a worker: nothing is written down at its end.
process.kill(process.pid, "SIGKILL");
