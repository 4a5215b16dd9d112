import { defineJob } from "cofferdam";

export function matchWords(text: string): boolean {
  return /^(\w+\s?)*$/.test(text);
}

export default defineJob({ type: "program.catastrophic-regex", budget: { block: "500ms" }, run: () => matchWords(`${"word".repeat(20)}!`) });
