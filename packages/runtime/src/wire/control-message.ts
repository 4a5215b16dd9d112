/** An app asks the runtime for something. The payload is the JSON text of the arguments. */
export interface ControlQuestion {
  readonly kind: "control";
  readonly request: number;
  readonly attemptId: string;
  readonly method: string;
}

/** The payload of a good answer is its JSON text, or nothing. */
export type ControlReply =
  | { readonly kind: "control-answer"; readonly request: number; readonly ok: true }
  | { readonly kind: "control-answer"; readonly request: number; readonly ok: false; readonly code: string; readonly status: number; readonly message: string };
