import { profileArgument } from "./layout.ts";

export type ThreadProfile = "standard" | "few";
export type BlockedKind = "image" | "font" | "media";

export interface ArgumentOptions {
  readonly directory: string;
  readonly threads: ThreadProfile;
  readonly sandbox: boolean;
  readonly blocked: readonly BlockedKind[];
  readonly extra: readonly string[];
}

/** What Playwright relies on when it drives a Chromium that it did not start itself, and what would talk to the network or the desktop by itself. */
const STANDARD = [
  "--headless",
  "--allow-pre-commit-input",
  "--disable-back-forward-cache",
  "--disable-background-networking",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  // Without crashpad there is no handler that daemonizes itself.
  "--disable-breakpad",
  "--disable-client-side-phishing-detection",
  "--disable-component-extensions-with-background-pages",
  "--disable-component-update",
  "--disable-default-apps",
  // Containers have 64 MB of /dev/shm. Shared memory then lives in our own TMPDIR.
  "--disable-dev-shm-usage",
  "--disable-domain-reliability",
  "--disable-extensions",
  "--disable-field-trial-config",
  "--disable-hang-monitor",
  "--disable-ipc-flooding-protection",
  "--disable-popup-blocking",
  "--disable-prompt-on-repost",
  "--disable-renderer-backgrounding",
  "--disable-search-engine-choice-screen",
  "--disable-sync",
  "--enable-unsafe-swiftshader",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
  "--metrics-recording-only",
  "--mute-audio",
  "--no-default-browser-check",
  "--no-first-run",
  "--no-pings",
  "--no-service-autorun",
  "--password-store=basic",
  "--use-mock-keychain",
] as const;

const DISABLED_FEATURES = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
] as const;

/**
 * Measured in bench/browsers: two processes and some ten tasks fewer, and a little less memory, for a tight `pids` budget. What goes wrong in the GPU or the network
 * part takes the browser with it. `--no-zygote` would save two more processes and costs 6 MB for each page; `--disable-threaded-compositing` a thread for each page, and no screenshot works.
 */
const FEW_THREADS = ["--in-process-gpu", "--num-raster-threads=1"] as const;

export function chromiumArguments(options: ArgumentOptions): readonly string[] {
  const isFew = options.threads === "few";
  const enabled = ["CDPScreenshotNewSurface", ...(isFew ? ["NetworkServiceInProcess2"] : []), ...featuresOf(options.extra, "--enable-features=")];
  const disabled = [...DISABLED_FEATURES, ...featuresOf(options.extra, "--disable-features=")];
  const line = [
    ...STANDARD,
    ...(isFew ? FEW_THREADS : []),
    `--enable-features=${enabled.join(",")}`,
    `--disable-features=${disabled.join(",")}`,
    ...(options.blocked.includes("image") ? ["--blink-settings=imagesEnabled=false"] : []),
    ...(options.blocked.includes("font") ? ["--disable-remote-fonts"] : []),
    // The namespace's init and root would be refused; elsewhere it is the caller's choice.
    ...(options.sandbox ? [] : ["--no-sandbox"]),
    ...options.extra.filter((argument) => !/^--(enable|disable)-features=/.test(argument)),
    profileArgument(options.directory),
    "--remote-debugging-pipe",
    "--no-startup-window",
  ];
  return [...new Set(line)];
}

/** Chromium takes the last of several lists: the caller's features join ours. */
function featuresOf(extra: readonly string[], prefix: string): readonly string[] {
  return extra.filter((argument) => argument.startsWith(prefix)).map((argument) => argument.slice(prefix.length));
}

/** What the caller may not say: it would take the browser out of our hands. Null: fine. */
export function argumentProblem(argument: string): string | null {
  if (!argument.startsWith("--")) return "is not a switch";
  if (/^--(user-data-dir|remote-debugging-pipe|remote-debugging-port|remote-debugging-address)(=|$)/.test(argument))
    return "is set by this package: profile and debugging pipe are what a browser is known and ended by";
  if (/^--single-process(=|$)/.test(argument)) return "makes one crashed page the end of the whole browser, and Playwright's contexts do not work in it";
  return null;
}
