import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { sql, type Generated } from "kysely";
import { classifyDatabaseError, insertColumns, insertRows, isContention, openDatabase, packColumns, type Database, type Migration } from "../src/index.ts";
import { onEachDatabase } from "../src/testing/index.ts";

interface Tables {
  things: { id: Generated<number>; name: string; size: number; weight: number | null; content: Uint8Array | null; document: string | null };
}

const migrations: readonly Migration[] = [
  {
    number: 1,
    name: "things",
    statements: (words) =>
      `CREATE TABLE things (id ${words.key}, name TEXT NOT NULL UNIQUE, size ${words.bigint} NOT NULL CHECK (size >= 0), weight ${words.real}, content ${words.bytes});\nCREATE INDEX things_by_size ON things (size);`,
  },
  { number: 2, name: "documents", statements: (words) => `ALTER TABLE things ADD COLUMN document ${words.json}` },
];

onEachDatabase("a database", (fresh, kind) => {
  async function open(test: TestContext, options: { readonly url?: string; readonly busyMs?: number } = {}): Promise<Database<Tables> & { readonly url: string }> {
    const url = options.url ?? (await fresh(test));
    const database = await openDatabase<Tables>({ url, application: "things_app", migrations, busyMs: options.busyMs ?? 5000 });
    test.after(() => database.close());
    return { ...database, url };
  }
  const names = async (database: Database<Tables>): Promise<string[]> =>
    (await database.read.selectFrom("things").select("name").orderBy("name").execute()).map(({ name }) => name);

  it("gives back what was written, of every type", async (test) => {
    const database = await open(test);
    const values = { name: "größe 😀 'x' \"y\" \\ {a,b}", size: 2 ** 52 + 1, weight: 0.1, content: Uint8Array.of(0, 255, 92), document: '{"a":{"b":1},"c":"d"}' };
    const made = await database.write((transaction) => transaction.insertInto("things").values(values).returning("id").executeTakeFirstOrThrow());
    assert.equal(typeof made.id, "number");
    const found = await database.read.selectFrom("things").selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([found.name, found.size, found.weight, [...(found.content ?? [])]], [values.name, values.size, values.weight, [0, 255, 92]]);
    const { dialect } = database;
    const asked = await database.read
      .selectFrom("things")
      .select([dialect.jsonText(sql.ref("document"), "c").as("member"), dialect.now().as("now")])
      .where(dialect.contains(sql`lower(name)`, "größe"))
      .where(dialect.isOneOf(sql.ref("size"), [1, values.size]))
      .executeTakeFirstOrThrow();
    assert.equal(asked.member, "d");
    assert.match(asked.now, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(await database.journalMode(), kind === "sqlite" ? "wal" : "minimal");
  });

  it("writes all of a transaction or nothing, and reads see what is committed only", async (test) => {
    const database = await open(test);
    await assert.rejects(
      database.write(async (transaction) => {
        await transaction.insertInto("things").values({ name: "a", size: 1 }).execute();
        assert.deepEqual(await names(database), []);
        throw new Error("no");
      }),
      { message: "no" },
    );
    await database.write((transaction) => transaction.insertInto("things").values({ name: "b", size: 1 }).execute());
    assert.deepEqual(await names(database), ["b"]);
  });

  it("statements that are known beforehand are one transaction: all in order, or none", async (test) => {
    const database = await open(test);
    const rows = (prefix: string, size: number) =>
      packColumns(database.kind, {
        table: "things",
        columns: { name: { type: "text", values: Array.from({ length: 300 }, (_, index) => `${prefix} ${index}`) }, size: { type: "bigint", value: size } },
        count: 300,
      });
    await database.writeAll([
      rows("a", 1),
      sql`UPDATE things SET size = size + ${1} WHERE name = ${"a 7"}`,
      packColumns(database.kind, { table: "things", columns: {}, count: 0 }),
    ]);
    const sizes = async (): Promise<object[]> =>
      await database.read
        .selectFrom("things")
        .select(["size", ({ fn }) => fn.countAll<number>().as("count")])
        .groupBy("size")
        .orderBy("size")
        .execute();
    assert.deepEqual(await sizes(), [
      { size: 1, count: 299 },
      { size: 2, count: 1 },
    ]);
    await assert.rejects(
      database.writeAll([sql`UPDATE things SET size = 9`, rows("b", 3), sql`UPDATE things SET size = -1 WHERE name = ${"b 299"}`]),
      (error) => classifyDatabaseError(error) === "constraint",
    );
    assert.deepEqual(await sizes(), [
      { size: 1, count: 299 },
      { size: 2, count: 1 },
    ]);
    await database.write((transaction) => transaction.deleteFrom("things").execute());
    assert.deepEqual(await sizes(), []);
  });

  it("one after the other: writers of one process do not lose each other's changes", async (test) => {
    const database = await open(test);
    await database.write((transaction) => transaction.insertInto("things").values({ name: "count", size: 0 }).execute());
    const add = (): Promise<unknown> =>
      database.write((transaction) =>
        transaction
          .updateTable("things")
          .set({ size: sql`size + 1` })
          .execute(),
      );
    await Promise.all(Array.from({ length: 20 }, add));
    assert.equal((await database.read.selectFrom("things").select("size").executeTakeFirstOrThrow()).size, 20);
  });

  it("columns keep every value: texts of all kinds, nulls, repeats, one value for all, numbers of all sizes", async (test) => {
    const database = await open(test);
    const texts = ["plain", "plain", null, "", "naïve", "日本語 🚢", "\u2028 'quoted' \\", "plain", null, null];
    for (const count of [3, 120, 2503]) {
      await database.write((transaction) => transaction.deleteFrom("things").execute());
      const of = <Value>(make: (index: number) => Value): Value[] => Array.from({ length: count }, (_, index) => make(index));
      const documents = of((index) => (index % 3 === 0 ? null : JSON.stringify({ text: texts[index % texts.length] })));
      const columns = {
        name: { type: "text", values: of((index) => `${texts[index % texts.length]} ${index}`) },
        size: { type: "bigint", values: of(() => 2 ** 53 - 1) },
        weight: { type: "real", values: of((index) => (index % 4 === 0 ? null : index / 3)) },
        content: { type: "bytes", values: of((index) => (index % 2 === 0 ? null : Uint8Array.of(index & 255, 0))) },
        document: { type: "json", values: documents },
      } as const;
      const packed = packColumns(database.kind, { table: "things", columns, count });
      assert.equal(await database.write((transaction) => insertColumns(transaction, packed)), count);
      const found = new Map((await database.read.selectFrom("things").selectAll().execute()).map((row) => [row.name, row]));
      for (let index = 0; index < count; index += 1) {
        const row = found.get(columns.name.values[index] ?? "");
        const parsed: unknown = typeof row?.document === "string" ? JSON.parse(row.document) : row?.document;
        const content = row?.content === null || row?.content === undefined ? null : [...row.content];
        assert.deepEqual(
          [row?.size, row?.weight, content, parsed],
          [2 ** 53 - 1, columns.weight.values[index], columns.content.values[index]?.values().toArray() ?? null, JSON.parse(documents[index] ?? "null")],
        );
      }
    }
    assert.throws(() => packColumns(database.kind, { table: "things", columns: { name: { type: "text", values: ["a"] } }, count: 2 }), RangeError);
  });

  if (kind === "sqlite")
    it("a transaction that SQLite ended by itself lets nothing more in, not even what was asked already", async (test) => {
      const database = await open(test);
      await database.write((transaction) => transaction.insertInto("things").values({ name: "before", size: 1 }).execute());
      const rolledBack = database.write(async (transaction) => {
        await transaction.insertInto("things").values({ name: "in it", size: 1 }).execute();
        // As a full disk does it: the transaction is over although nobody ended it.
        const ended = sql`INSERT OR ROLLBACK INTO things (name, size) VALUES ('before', 2)`.execute(transaction);
        const late = transaction.insertInto("things").values({ name: "late", size: 1 }).execute();
        await Promise.all([ended, late]);
      });
      await assert.rejects(rolledBack, (error) => classifyDatabaseError(error) === "constraint");
      await database.write((transaction) => transaction.insertInto("things").values({ name: "after", size: 1 }).execute());
      assert.deepEqual(await names(database), ["after", "before"]);
    });

  it("inserts batches of any size, and updates, leaves or refuses what is there", async (test) => {
    const database = await open(test);
    const columns = { name: "text", size: "bigint", weight: "real", content: "bytes", document: "json" } as const;
    const row = (index: number, size: number) => [`n${String(index).padStart(5, "0")}`, size, index / 4, Uint8Array.of(index & 255), '{"a":"\\"{"}'] as const;
    for (const count of [0, 1, 319, 320, 321, 5000]) {
      await database.write((transaction) => transaction.deleteFrom("things").execute());
      const rows = Array.from({ length: count }, (_, index) => row(index, index));
      assert.equal(await database.write((transaction) => insertRows(transaction, { table: "things", columns, rows })), count);
      const counted = await database.read
        .selectFrom("things")
        .select(({ fn }) => [fn.countAll<number>().as("count"), fn.sum<number>("size").as("sum")])
        .executeTakeFirstOrThrow();
      assert.deepEqual([counted.count, Number(counted.sum)], [count, rows.reduce((sum, [, size]) => sum + size, 0)]);
    }
    const again = { table: "things", columns, rows: [row(1, 9), row(2, 0), row(9000, 5)] };
    const update = { kind: "update", key: ["name"], update: ["size"], where: "things.size < excluded.size" } as const;
    assert.equal(await database.write((transaction) => insertRows(transaction, { ...again, conflict: update })), 2);
    assert.deepEqual(
      (await database.read.selectFrom("things").select("size").where("name", "in", ["n00001", "n00002", "n09000"]).orderBy("name").execute()).map(({ size }) => size),
      [9, 2, 5],
    );
    assert.equal(await database.write((transaction) => insertRows(transaction, { ...again, conflict: { kind: "ignore" } })), 0);
    await assert.rejects(
      database.write((transaction) => insertRows(transaction, again)),
      (error) => classifyDatabaseError(error) === "constraint",
    );
    await assert.rejects(
      database.write((transaction) => transaction.insertInto("things").values({ name: "negative", size: -1 }).execute()),
      (error) => classifyDatabaseError(error) === "constraint",
    );
    await assert.rejects(sql`SELECT nothing FROM nowhere`.execute(database.read), (error) => classifyDatabaseError(error) === "permanent");
  });

  it("calls transient what has nothing to do with the statement: no room, no time", async (test) => {
    const database = await open(test);
    const starved = database.write(async (transaction) => {
      await (kind === "sqlite" ? sql`PRAGMA max_page_count = 1` : sql`SET LOCAL statement_timeout = 1`).execute(transaction);
      if (kind === "sqlite")
        await transaction
          .insertInto("things")
          .values({ name: "large", size: 1, content: Buffer.alloc(1_000_000) })
          .execute();
      else await sql`SELECT pg_sleep(60)`.execute(transaction);
    });
    await assert.rejects(starved, (error) => classifyDatabaseError(error) === "transient" && !isContention(error));
  });

  it("waits for somebody else's lock, then ends with the database's own error", async (test) => {
    const database = await open(test);
    // Long enough for a second try also on a busy machine.
    const impatient = await open(test, { url: database.url, busyMs: 1000 });
    await database.write((transaction) => transaction.insertInto("things").values({ name: "a", size: 0 }).execute());
    let waited = 0;
    const change = (each: Database<Tables>): Promise<unknown> =>
      each.write(
        (transaction) =>
          transaction
            .updateTable("things")
            .set({ size: sql`size + 1` })
            .execute(),
        { waiting: () => (waited += 1) },
      );
    await database.write(async (transaction) => {
      await transaction.updateTable("things").set({ size: 5 }).execute();
      await assert.rejects(change(impatient), (error) => isContention(error) && classifyDatabaseError(error) === "transient");
      await assert.rejects(impatient.writeAll([sql`UPDATE things SET size = size + 1`]), isContention);
    });
    if (kind === "sqlite") assert.ok(waited > 0);
    await impatient.writeAll([sql`UPDATE things SET size = size + 1`]);
    assert.equal((await database.read.selectFrom("things").select("size").executeTakeFirstOrThrow()).size, 6);
  });

  it("applies migrations once, also when two start at the same time, and goes forward only", async (test) => {
    const url = await fresh(test);
    const started = await Promise.all([1, 2, 3].map(() => open(test, { url })));
    const { rows } = await sql<{ number: number }>`SELECT number FROM applied_migrations ORDER BY number`.execute(started[0]?.read as Database<Tables>["read"]);
    assert.deepEqual(
      rows.map(({ number }) => number),
      [1, 2],
    );
    await assert.rejects(openDatabase({ url, application: "things_app", migrations: migrations.slice(0, 1), busyMs: 1000 }), { name: "DatabaseError", code: "newer_schema" });
    const other = await openDatabase({ url, application: "other_app", migrations: [{ number: 1, name: "more", statements: () => "CREATE TABLE more (a TEXT)" }], busyMs: 1000 });
    await other.close();
    const broken = [...migrations, { number: 3, name: "broken", statements: () => "CREATE TABLE third (a TEXT);\nCREATE TABLE things (a TEXT)" }];
    await assert.rejects(openDatabase({ url, application: "things_app", migrations: broken, busyMs: 1000 }), (error) => classifyDatabaseError(error) === "permanent");
    await assert.rejects(sql`SELECT * FROM third`.execute((await open(test, { url })).read));
  });

  it("never keeps the event loop waiting, not even for a long query", async (test) => {
    const database = await open(test);
    let isAnswered = false;
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (!isAnswered) setImmediate(turn);
    };
    turn();
    const { rows } = await sql<{
      n: number;
    }>`WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 300000) SELECT count(*) AS n FROM numbers`.execute(database.read);
    isAnswered = true;
    assert.equal(rows[0]?.n, 300_000);
    assert.ok(turns > 10, `${turns} turns`);
  });

  if (kind === "sqlite")
    it("an answer that is too large for its thread fails alone: who comes after gets a new thread", async (test) => {
      const database = await open(test);
      const huge = sql`WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 400) SELECT hex(zeroblob(500000 + n)) AS text FROM numbers`;
      await assert.rejects(huge.execute(database.read), { code: "unusable" });
      assert.deepEqual(await names(database), []);
      await assert.rejects(
        database.write(async (transaction) => {
          await transaction.insertInto("things").values({ name: "lost", size: 1 }).execute();
          await huge.execute(transaction).catch(() => undefined);
          await transaction.insertInto("things").values({ name: "late", size: 1 }).execute();
        }),
        { code: "unusable" },
      );
      await database.write((transaction) => transaction.insertInto("things").values({ name: "after", size: 1 }).execute());
      assert.deepEqual(await names(database), ["after"]);
    });

  it("can be closed twice; who comes after is refused", async (test) => {
    const database = await open(test);
    await database.close();
    await database.close();
    await assert.rejects(names(database));
  });
});

describe("classes of errors", () => {
  const postgres = (code: string): Error => Object.assign(new Error(code), { code, severity: "ERROR" });
  const sqlite = (errcode: number): Error => Object.assign(new Error(String(errcode)), { errcode });

  it("transient, constraint, permanent, none; also as the cause of another error", () => {
    const classes = {
      transient: [
        sqlite(5),
        sqlite(6),
        sqlite(7),
        sqlite(10),
        sqlite(13),
        sqlite(778),
        postgres("53100"),
        postgres("53300"),
        postgres("57014"),
        postgres("58030"),
        postgres("08006"),
      ],
      constraint: [sqlite(19), sqlite(787), sqlite(18), sqlite(20), postgres("23503"), postgres("22021")],
      permanent: [sqlite(1), sqlite(11), sqlite(14), postgres("42P01"), postgres("XX001")],
      none: [new Error("no code"), Object.assign(new Error("a file"), { code: "ENOENT" })],
    };
    for (const [name, errors] of Object.entries(classes))
      for (const error of errors) {
        assert.equal(classifyDatabaseError(error), name, error.message);
        assert.equal(classifyDatabaseError(new Error("outer", { cause: error })), name, error.message);
      }
  });
});
