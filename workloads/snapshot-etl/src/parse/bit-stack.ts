/** A stack of yes and no, one bit each: thirty million levels fit in 4 MB. */
export function createBitStack() {
  let words = new Uint32Array(16);
  let depth = 0;
  return {
    get depth(): number {
      return depth;
    },
    push(value: boolean): void {
      const word = depth >>> 5;
      if (word === words.length) {
        const larger = new Uint32Array(words.length * 2);
        larger.set(words);
        words = larger;
      }
      const bit = 1 << (depth & 31);
      words[word] = value ? (words[word] ?? 0) | bit : (words[word] ?? 0) & ~bit;
      depth += 1;
    },
    pop(): void {
      depth -= 1;
    },
    top(): boolean {
      return (((words[(depth - 1) >>> 5] ?? 0) >>> ((depth - 1) & 31)) & 1) === 1;
    },
  };
}
