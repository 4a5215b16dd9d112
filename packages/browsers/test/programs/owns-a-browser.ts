// Opens a browser below the directory that it is given and leaves without closing it: by process.exit, or it waits to be killed.
import { openBrowser } from "../../src/index.ts";

const [, , scratch = "", wall = "auto", way = "exit"] = process.argv;
const session = await openBrowser({ scratch }, { wall: wall === "none" ? "none" : "auto" });
await session.newPage();
if (way === "exit") process.exit(3);
console.log(JSON.stringify(session.processes()));
