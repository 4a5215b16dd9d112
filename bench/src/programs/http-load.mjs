// A client in a process of its own: asks at a fixed rate, whether or not the last answer has come, and says how long each took.
import { Agent, get } from "node:http";

process.once("message", async ({ targets, seconds }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const answers = await Promise.all(targets.map((target) => ask(agent, target, seconds)));
  agent.destroy();
  process.send(answers, () => process.disconnect());
});

async function ask(agent, { url, everyMs }, seconds) {
  const pending = [];
  const endMs = performance.now() + seconds * 1000;
  for (let dueMs = performance.now(); dueMs < endMs; dueMs += everyMs) {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    pending.push(request(agent, url));
  }
  const settled = await Promise.all(pending);
  return { url, ms: settled.filter((ms) => ms !== null), failed: settled.filter((ms) => ms === null).length };
}

function request(agent, url) {
  return new Promise((resolve) => {
    const startMs = performance.now();
    const sent = get(url, { agent, timeout: 10_000 }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200 ? performance.now() - startMs : null));
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", () => resolve(null));
  });
}
