import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { createCensus, type BrowserCensus } from "../src/process/census.ts";
import { endTree } from "../src/process/end-tree.ts";
import { readPidNamespace, readStat, type ProcessIdentity } from "../src/process/proc.ts";
import { probeWall } from "../src/process/wall.ts";

const wall = await probeWall();

describe("the census of a browser", () => {
  it(
    "never takes the processes of another namespace for its own, also when that got the number of the old one",
    { skip: !wall.hasNamespace && "this machine allows no PID namespaces" },
    async (context) => {
      const first = await start("/nowhere/b-first");
      assert.ok(first.census.members().length >= 3, "root, init and program");
      assert.deepEqual((await endTree(first.root, first.census, first.exited)).survivors, []);
      // The kernel gives the lowest free number: soon that of the namespace that is gone.
      let second = await start("/nowhere/b-second");
      for (let tries = 0; tries < 50 && second.namespace !== first.namespace; tries += 1) {
        await endTree(second.root, second.census, second.exited);
        second = await start("/nowhere/b-second");
      }
      const ofFirst = first.census.members();
      const ofSecond = second.census.members();
      const { ended, zombies } = await endTree(second.root, second.census, second.exited);
      if (second.namespace !== first.namespace) return context.skip("others of this machine were given the number meanwhile");
      assert.deepEqual(ofFirst, []);
      assert.ok(ofSecond.length >= 3);
      assert.ok(ended >= 3);
      assert.deepEqual(zombies, []);
    },
  );

  it("keeps who left the session, lost its parent and cleared its environment, once it was seen", async () => {
    const child = spawn("/bin/sh", ["-c", 'setsid env -i sh -c "echo ready; exec sleep 1000" & wait'], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    const root = { pid: child.pid ?? 0, startTicks: readStat(child.pid ?? 0)?.startTicks ?? 0 };
    const census = createCensus({ directory: "/nowhere/b-third", root, hasNamespace: false });
    assert.equal(census.members().length, 2);
    child.kill("SIGKILL");
    await exited;
    assert.equal(census.members().length, 1);
    assert.deepEqual((await endTree(root, census, exited)).survivors, []);
    assert.deepEqual(census.members(), []);
  });
});

interface Started {
  readonly root: ProcessIdentity;
  readonly census: BrowserCensus;
  readonly exited: Promise<unknown>;
  readonly namespace: string | null;
}

async function start(directory: string): Promise<Started> {
  const [program = "", ...args] = [...wall.command, "/bin/sh", "-c", "echo ready; sleep 1000; true"];
  const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const root = { pid: child.pid ?? 0, startTicks: readStat(child.pid ?? 0)?.startTicks ?? 0 };
  const census = createCensus({ directory, root, hasNamespace: true });
  const init = census.init(census.members());
  return { root, census, exited, namespace: init === null ? null : readPidNamespace(init.pid) };
}
