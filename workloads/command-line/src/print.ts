/** Data goes to standard output, as lines for people or, with --json, as one JSON document a line; everything else to standard error. */
export interface Print {
  data(value: object, word: () => string): void;
  note(text: string): void;
}

/** Whatever controls a terminal, but ends of lines and tabs: text from outside must not hide or change what a person is shown. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/** The text as it can be shown to a person. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, "\uFFFD");
}

export function createPrint(json: () => boolean): Print {
  return {
    data: (value, word) => void process.stdout.write(`${json() ? JSON.stringify({ schema: 1, ...value }) : printable(word())}\n`),
    note: (text) => void process.stderr.write(`${printable(text)}\n`),
  };
}
