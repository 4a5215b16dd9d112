/** Something that happens at most once; a promise for it is made only when somebody waits. Most attempts ring two and nobody listens. */
export class Bell {
  #isRung = false;
  #waiting: PromiseWithResolvers<void> | null = null;

  ring(): void {
    this.#isRung = true;
    this.#waiting?.resolve();
  }

  heard(): Promise<void> {
    if (this.#isRung) return Promise.resolve();
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }
}
