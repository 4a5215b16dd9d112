/** What a worker says of the stages of its attempt; nothing is said while none is used. `stage` numbers the stages of one attempt. */
export type StageMessage = { readonly kind: "stage"; readonly attemptId: string; readonly stage: number } & (
  | { readonly change: "entered"; readonly name: string; readonly budgetMs: number }
  /** Its time is over; its function has been told. */
  | { readonly change: "cut" }
  /** Its function has returned or thrown. */
  | { readonly change: "left" }
);
