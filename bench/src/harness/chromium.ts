import chromium from "@sparticuz/chromium";

/**
 * The Chromium that npm brings, as a real process tree: without the switches that its package has for serverless machines. With its `--in-process-gpu` a thread of the browser itself sets
 * VK_ICD_FILENAMES while others read the environment, which libc (before 2.41) does not allow: now and then the browser dies of SIGSEGV at its start.
 */
export async function chromiumEnvironment(): Promise<Readonly<Record<string, string>>> {
  return { CHROMIUM_PATH: await chromium.executablePath(), CHROMIUM_ARGS: JSON.stringify(["--no-sandbox"]) };
}
