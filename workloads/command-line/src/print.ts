/** Data goes to standard output, as lines for people or, with --json, as one JSON document a line; everything else to standard error. */
export interface Print {
  data(value: object, word: () => string): void;
  note(text: string): void;
}

export function createPrint(json: () => boolean): Print {
  return {
    data: (value, word) => void process.stdout.write(`${json() ? JSON.stringify({ schema: 1, ...value }) : word()}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
  };
}
