// Opens the store in the directory given and backs it up to the file given.
import { openAt } from "../open-store.ts";

const [, , dataDir = "", file = ""] = process.argv;
const store = await openAt(dataDir);
const { bytes } = await store.backup(file);
await store.close();
console.log(bytes);
