/** Numbers in the kernel's small text files; null where it does not tell. */
export function numberIn(text: string | null): number | null {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isNaN(value) ? null : value;
}

/** "oom_kill 3" on a line of its own, by its label "oom_kill ". */
export function fieldIn(text: string | null, label: string): number | null {
  if (text === null) return null;
  if (text.startsWith(label)) return numberIn(text.slice(label.length));
  const at = text.indexOf(`\n${label}`);
  return at < 0 ? null : numberIn(text.slice(at + 1 + label.length));
}

/** "MemTotal:  8000 kB", in bytes. */
export function kibibytesIn(text: string | null, label: string): number | null {
  const value = fieldIn(text, label);
  return value === null ? null : value * 1024;
}

/** "some avg10=0.12 avg60=…", in percent. */
export function stallIn(text: string | null, kind: "some" | "full"): number | null {
  const found = new RegExp(`^${kind} avg10=([\\d.]+)`, "m").exec(text ?? "");
  return found === null ? null : Number(found[1]);
}
