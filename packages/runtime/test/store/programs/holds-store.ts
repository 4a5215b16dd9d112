// Opens the store in the directory given and keeps it until it is killed.
import { openAt } from "../open-store.ts";

await openAt(process.argv[2] ?? "");
console.log("open");
