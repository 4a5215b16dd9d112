// A real Chromium with one page; on the signal its driver eats memory until somebody ends the tree.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: JSON.parse(process.env.CHROMIUM_ARGS), headless: true });
const page = await browser.newPage();
await page.goto(`data:text/html,<title>bench</title><h1>${"deep water ".repeat(200)}</h1>`);
console.log("ready");
while (!existsSync(process.env.GO_FILE)) await new Promise((resolve) => setTimeout(resolve, 20));
// The browser's own driver breaks the budget: pages of a headless browser may be slowed down at any time. Who breaks it does not matter to the tree that has to be ended.
const held = [];
for (;;) {
  held.push(Buffer.alloc(16 * 1024 * 1024, 1));
  await new Promise(setImmediate);
}
