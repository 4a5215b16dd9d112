import { defineJob } from "cofferdam";

/** Harmless with every input but the one that does not match at its end. */
function isWords(text: string): boolean {
  return /^(\w+\s?)*$/.test(text);
}

export default defineJob({
  type: "ship.bad-regex",
  lane: "ships",
  budget: { block: "2s" },
  retry: { deaths: 1 },
  run: () => isWords(`${"word".repeat(20)}!`),
});
