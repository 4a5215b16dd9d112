/** A line for the person who watches. */
export function say(line = ""): void {
  process.stdout.write(`${line}\n`);
}

export function isColored(): boolean {
  return process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
}

export function heading(text: string): void {
  say();
  say(isColored() ? `\u001b[1m${text}\u001b[0m` : text);
}
