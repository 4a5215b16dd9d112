import * as z from "zod";
import type { Step } from "../import/request.ts";

/** What a body is given besides its input: the part of the runtime's job context that it needs. */
export interface WorkContext {
  readonly signal: AbortSignal;
  readonly scratch: string;
  progress(progress: { readonly done?: number; readonly total?: number; readonly note?: string }): void;
  checkpoint(value: unknown): Promise<void>;
}

/** The note of every progress: small JSON, so that whoever watches can say which step and which file. */
export interface WorkNote {
  readonly step: Step;
  readonly file: string;
  readonly parsed: number;
  readonly written: number;
}

export const workNote = z.object({ step: z.enum(["download", "parse-order", "parse-junit", "merge", "write", "done"]), file: z.string(), parsed: z.number(), written: z.number() });

export function noteOf(note: WorkNote): string {
  return JSON.stringify({ step: note.step, file: note.file.slice(-300), parsed: note.parsed, written: note.written });
}
