// The floor: Node with two forked children that wait.
import { fork } from "node:child_process";
import { once } from "node:events";

if (process.env.CHILD === undefined) {
  const children = [1, 2].map(() => fork(import.meta.filename, { env: { ...process.env, CHILD: "yes" } }));
  await Promise.all(children.map((child) => once(child, "message")));
  process.on("message", () => process.send({ workers: children.map(({ pid }) => ({ pid, attemptsDone: 0 })) }));
  process.on("disconnect", () => children.forEach((child) => child.disconnect()));
} else {
  process.on("disconnect", () => undefined);
  process.send("ready");
}
