// A real Chromium with one page, until somebody ends it.
import { chromium } from "playwright-core";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: JSON.parse(process.env.CHROMIUM_ARGS), headless: true });
const page = await browser.newPage();
await page.goto(`data:text/html,<title>bench</title><h1>${"deep water ".repeat(200)}</h1>`);
console.log("ready");
// The browser keeps this process alive; somebody else ends the tree.
