// The reader: a read-only connection in a thread of its own. A heavy list holds up other lists, never a commit.
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { assert } from "../../model/index.ts";
import { openForReading } from "../database.ts";
import { databaseFile } from "../directory.ts";
import { toFailureMessage } from "../failure.ts";
import { createAnswer } from "../read/answer.ts";
import type { FromReader, ToReader } from "../read/queries.ts";

assert(parentPort !== null, "the reader runs in its own thread");
start(parentPort, workerData);

function start(port: MessagePort, options: { readonly dataDir: string }): void {
  const database = openForReading(databaseFile(options.dataDir));
  const answer = createAnswer(database);
  const say = (message: FromReader): void => port.postMessage(message);
  port.on("message", (message: ToReader) => {
    if (message.kind === "close") {
      database.close();
      port.close();
      return;
    }
    try {
      say({ kind: "answer", id: message.id, value: answer(message.query) });
    } catch (error) {
      say({ kind: "failure", id: message.id, failure: toFailureMessage(error) });
    }
  });
  say({ kind: "opened" });
}
