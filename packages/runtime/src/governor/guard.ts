import { spawn } from "node:child_process";
import { Socket } from "node:net";
import type { CgroupRoots } from "./cgroup.ts";
import { cgroupName } from "./sweep.ts";

/**
 * Waits for the end of its standard input, which is our death however it comes, and then ends everybody in our cgroups.
 * Without cgroup.kill nobody may be born any more, so that one pass over the list is final. Arguments: the hierarchies, then the name before the number.
 */
const SCRIPT = `
while read -r line; do :; done
for directory in "$1/$3"* "$2/$3"*; do
  [ -e "$directory/cgroup.procs" ] || continue
  if [ -e "$directory/cgroup.kill" ]; then
    echo 1 > "$directory/cgroup.kill"
  else
    [ -e "$directory/pids.max" ] && echo 0 > "$directory/pids.max"
    while read -r pid; do kill -KILL "$pid"; done < "$directory/cgroup.procs"
  fi
done`;

/**
 * A shell of 2 MB that outlives us by some milliseconds, for machines with cgroups but without PID namespaces: there the kernel keeps a tree together
 * but does not end it with its supervisor. It ends by itself when we do. The directories themselves are left to the next start's sweep.
 */
export function startGuard(roots: CgroupRoots, instanceName: string): void {
  if (roots.v2 === null && roots.v1Pids === null) return;
  const prefix = cgroupName(instanceName, 0).replace(/0$/, "");
  const guard = spawn("/bin/sh", ["-c", SCRIPT, "cofferdam-guard", roots.v2 ?? "/nonexistent", roots.v1Pids ?? "/nonexistent", prefix], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    env: {},
  });
  guard.once("error", () => undefined);
  guard.stdin?.once("error", () => undefined);
  // It must not keep us alive: our end is what it waits for.
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
}
