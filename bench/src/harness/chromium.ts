import chromium from "@sparticuz/chromium";

/** The Chromium that npm brings, with its own arguments but as a real process tree. */
export async function chromiumEnvironment(): Promise<Readonly<Record<string, string>>> {
  const args = chromium.args.filter((arg) => arg !== "--single-process" && arg !== "--no-zygote");
  return { CHROMIUM_PATH: await chromium.executablePath(), CHROMIUM_ARGS: JSON.stringify(args) };
}
