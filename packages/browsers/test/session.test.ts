import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createDeadline, openBrowser, type BrowserEvent } from "../src/index.ts";
import { beginAttempt, lineOf, openSite } from "./harness.ts";

const PAGE = `<style>@font-face{font-family:own;src:url(/font.woff2)} body{font-family:own}</style><title>harbour</title><img src="/picture.png"><video src="/film.mp4" autoplay></video>text
<script>fetch("/data")</script>`;

describe("a browser session", () => {
  it("runs pages in contexts of their own, in parallel, and leaves nothing", async () => {
    using attempt = beginAttempt();
    await using site = await openSite({ "/": "<title>harbour</title>" });
    await using session = await openBrowser(attempt);
    const titles = await Promise.all(
      [1, 2, 3].map((number) =>
        session.withPage(async (page) => {
          await page.goto(`${site.url}/`);
          await page.context().addCookies([{ name: `n${number}`, value: "1", url: site.url }]);
          assert.equal((await page.context().cookies()).length, 1);
          assert.ok(attempt.look("renderer").length >= 1);
          return page.title();
        }),
      ),
    );
    assert.deepEqual(titles, ["harbour", "harbour", "harbour"]);
    assert.deepEqual(session.leaks(), []);
    const report = await session.close();
    assert.deepEqual(report.leaks, []);
    assert.ok(report.processes >= 3);
    assert.equal(report.zombies, 0);
    const counts = session.counts();
    assert.deepEqual(
      [
        counts["browser-created"],
        counts["browser-closed"],
        counts["context-created"],
        counts["context-closed"],
        counts["page-created"],
        counts["page-closed"],
        counts["page-killed"],
      ],
      [1, 1, 3, 3, 3, 3, 0],
    );
    await assert.rejects(session.newPage(), { code: "session_closed" });
    attempt.assertNothingLeft();
  });

  it("names the line that opened what was never closed, and closes it", async () => {
    using attempt = beginAttempt();
    await using session = await openBrowser(attempt);
    const context = await session.newContext(); // opens the context
    await context.newPage(); // opens its page
    const closed = await session.newPage();
    await closed.close();
    await session.newPage(); // opens a single page
    attempt.look();
    const { leaks } = await session.close();
    const expected = [
      ["context", "// opens the context"],
      ["page", "// opens its page"],
      ["page", "// opens a single page"],
    ].map(([kind, text]) => `${kind} ${import.meta.filename}:${lineOf(import.meta.filename, text ?? "")}`);
    assert.deepEqual(
      leaks.map(({ kind, openedAt }) => `${kind} ${openedAt.replace(/:\d+$/, "")}`),
      expected,
    );
    attempt.assertNothingLeft();
  });

  it("fails the job for a leak when it was told to, after everything is gone", async () => {
    using attempt = beginAttempt();
    await assert.rejects(
      async () => {
        await using session = await openBrowser(attempt, { leaks: "throw" });
        await session.newPage();
        attempt.look();
      },
      { code: "leaked", message: /^never closed: page opened at .*session\.test\.ts:\d+:\d+ \(about:blank\)$/ },
    );
    attempt.assertNothingLeft();
  });

  it("blocks pictures, fonts and films, and nothing else", async () => {
    using attempt = beginAttempt();
    const paths = { "/": PAGE, "/data": "{}", "/picture.png": "", "/film.mp4": "", "/font.woff2": "" };
    for (const { block, expected } of [
      { block: [], expected: ["/", "/data", "/film.mp4", "/font.woff2", "/picture.png"] },
      { block: ["image", "font", "media"] as const, expected: ["/", "/data"] },
    ]) {
      await using site = await openSite(paths);
      await using session = await openBrowser(attempt, { block });
      await session.withPage(async (page) => {
        await page.goto(`${site.url}/`, { waitUntil: "networkidle" });
        // A busy machine may be idle for half a second before a page has asked for its font.
        await site.untilAsked(expected);
      });
      assert.deepEqual([...new Set(site.asked)].filter((path) => path !== "/favicon.ico").sort(), expected);
    }
    attempt.assertNothingLeft();
  });

  it("answers dialogs, closes windows and cancels downloads", async () => {
    using attempt = beginAttempt();
    await using site = await openSite({
      "/": `<title>pushy</title><script>alert("one"); window.answer = confirm("two"); window.open("/window"); location.href = "/file";</script>`,
      "/window": "<title>window</title>",
      "/file": (_request, response) =>
        void response.writeHead(200, { "content-type": "application/octet-stream", "content-disposition": "attachment; filename=a.bin" }).end("bytes"),
    });
    const events: BrowserEvent[] = [];
    // The window and the download come in either order.
    const happened = new Map(["download-cancelled", "popup-closed"].map((kind) => [kind, Promise.withResolvers<void>()]));
    await using session = await openBrowser(attempt, {
      onEvent: (event) => {
        events.push(event);
        happened.get(event.kind)?.resolve();
      },
    });
    await session.withPage(async (page) => {
      // It goes elsewhere before it is loaded.
      await page.goto(`${site.url}/`, { waitUntil: "commit" });
      await Promise.all([...happened.values()].map(({ promise }) => promise));
      assert.equal(await page.evaluate("window.answer"), false);
    });
    const details = (kind: string): readonly string[] => events.filter((event) => event.kind === kind).map(({ detail }) => detail);
    assert.deepEqual(details("dialog-answered"), ["alert: one", "confirm: two"]);
    assert.equal(details("popup-closed").length, 1);
    assert.deepEqual(details("download-cancelled"), [`${site.url}/file`]);
    await session.close();
    attempt.assertNothingLeft();
  });

  it("replaces a browser that has had its pages, and lets open contexts end first", async () => {
    using attempt = beginAttempt();
    const events: BrowserEvent[] = [];
    await using session = await openBrowser(attempt, { retire: { pagesMax: 2 }, threads: "few", onEvent: (event) => events.push(event) });
    const long = await session.newPage();
    await session.withPage(async () => undefined);
    await session.withPage(async () => undefined);
    attempt.look();
    assert.equal(await long.title(), "", "the page in the retired browser still works");
    assert.equal(session.counts()["browser-created"], 2);
    const retired = events.find(({ kind }) => kind === "browser-retired");
    assert.equal(retired?.detail, "it has had 2 pages");
    assert.ok((await long.screenshot()).length > 100, "it paints, with few threads too");
    await long.close();
    await session.close();
    assert.equal(session.counts()["browser-closed"], 2);
    attempt.assertNothingLeft();
  });

  it("works in a directory that is too deep for Chromium's sockets", async () => {
    using attempt = beginAttempt();
    await using session = await openBrowser({ scratch: join(attempt.scratch, "deep".repeat(20)) });
    assert.equal(await session.withPage((page) => page.title()), "");
    attempt.look();
    assert.match(readFileSync(`/proc/${session.processes()[0]}/environ`, "latin1"), /\0TMPDIR=\/proc\/self\/cwd\/t\0/);
    await session.close();
    assert.deepEqual(readdirSync(join(attempt.scratch, "deep".repeat(20))), []);
  });

  it("retires by memory", async () => {
    using attempt = beginAttempt();
    await using session = await openBrowser(attempt, { retire: { pssBytesMax: 1 } });
    // It looks once a second: pages come and go until it has.
    while (session.counts()["browser-retired"] === 0) await session.withPage(async () => undefined);
    await session.close();
    attempt.assertNothingLeft();
  });

  it("keeps one deadline over everything, with time left to close", async ({ mock }) => {
    using attempt = beginAttempt();
    await using site = await openSite({ "/": `<title>busy</title><script>onload = () => { for (;;); }</script>` });
    // However long a start takes on this machine, the time for work is over when the test says so.
    mock.timers.enable({ apis: ["setTimeout"] });
    using deadline = createDeadline({ timeMs: 120_000, reserveMs: 60_000 });
    await using session = await openBrowser(attempt, { deadline });
    await assert.rejects(
      session.withPage(async (page) => {
        await page.goto(`${site.url}/`, { waitUntil: "commit" });
        attempt.look();
        const answer = page.evaluate("1 + 1");
        mock.timers.tick(59_999);
        assert.equal(deadline.signal.aborted, false);
        mock.timers.tick(1);
        mock.timers.reset();
        return answer;
      }),
      { code: "deadline" },
    );
    await session.close();
    assert.ok(deadline.remainingMs() > 0, "closed within the reserve");
    attempt.assertNothingLeft();
  });
});
