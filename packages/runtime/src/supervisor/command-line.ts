/**
 * Puts fields of the input into the arguments: "{input.url}" or "{input.page.number}". A field that is a text, number or boolean is put in as it is, anything else as JSON.
 * An argument never becomes two: no shell is involved.
 * @throws Error naming the argument and the field when the input has no such field.
 */
export function fillArguments(command: readonly string[], inputJson: string): string[] {
  if (!command.some((argument) => argument.includes("{input"))) return [...command];
  const input: unknown = JSON.parse(inputJson);
  return command.map((argument, index) =>
    argument.replaceAll(/\{input((?:\.[A-Za-z0-9_-]+)*)\}/g, (_whole, path: string) => {
      const value = readPath(input, path.split(".").slice(1));
      if (value === undefined) throw new Error(`argument ${index} of the command needs input${path}, but the input has no such field`);
      return typeof value === "string" ? value : JSON.stringify(value);
    }),
  );
}

function readPath(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}
