// A real Chromium with one page; on the signal the page eats memory until somebody ends it.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: JSON.parse(process.env.CHROMIUM_ARGS), headless: true });
const page = await browser.newPage();
await page.goto(`data:text/html,<title>bench</title><h1>${"deep water ".repeat(200)}</h1>`);
console.log("ready");
while (!existsSync(process.env.GO_FILE)) await new Promise((resolve) => setTimeout(resolve, 20));
await page.evaluate(async () => {
  globalThis.held = [];
  // Not by timers: those of a page that nobody looks at are slowed down.
  const channel = new MessageChannel();
  channel.port1.start();
  for (;;) {
    globalThis.held.push(new Uint8Array(16 * 1024 * 1024).fill(1));
    await new Promise((resolve) => {
      channel.port1.addEventListener("message", resolve, { once: true });
      channel.port2.postMessage(null);
    });
  }
});
