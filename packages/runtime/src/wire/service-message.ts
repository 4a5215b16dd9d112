/** What a service tells of itself. The payload of an update is the JSON text of its data, or nothing. */
export type ServiceMessage =
  | { readonly kind: "update"; readonly attemptId: string; readonly note: string | null }
  | { readonly kind: "service-error"; readonly attemptId: string; readonly text: string };
