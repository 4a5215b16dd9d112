import { testTier } from "./tier-suite.ts";

await testTier("auto");
