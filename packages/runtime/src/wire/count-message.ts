/** What jobs of a type have counted since the last such message. */
export interface CountMessage {
  readonly kind: "counted";
  readonly type: string;
  readonly counts: readonly (readonly [name: string, by: number])[];
}
