/** Slots grow up to this many, 4 MiB in all; three quarters of them are filled. */
const SLOTS_MAX = 512 * 1024;
const GROWTH = 8;

/**
 * Remembers keys by 64 bits of hash, up to 393,216 of them in 4 MiB. Beyond that no more are remembered.
 * Two different keys are taken for one with a chance of about one in two hundred million, for a whole map of that size.
 */
export class KeyMemory {
  #slots = new Uint32Array(2 * 1024);
  #count = 0;

  /** False when the key was there before. */
  add(key: string): boolean {
    let high = 0x811c9dc5;
    let low = 0x9e3779b9;
    for (let index = 0; index < key.length; index += 1) {
      const code = key.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul((low << 13) | (low >>> 19), 0x85ebca6b) ^ (code + index);
    }
    return this.#insert((high ^ (high >>> 15)) >>> 0 || 1, Math.imul(low ^ (low >>> 16), 0xc2b2ae35) >>> 0);
  }

  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    const last = slots.length / 2 - 1;
    for (let slot = (high ^ low) & last; ; slot = (slot + 1) & last) {
      const found = slots[slot * 2] ?? 0;
      if (found === high && slots[slot * 2 + 1] === low) return false;
      if (found !== 0) continue;
      if (this.#count * 4 > last * 3) return last + 1 < SLOTS_MAX ? this.#grown().#insert(high, low) : true;
      slots[slot * 2] = high;
      slots[slot * 2 + 1] = low;
      this.#count += 1;
      return true;
    }
  }

  #grown(): this {
    const before = this.#slots;
    // Large steps: a table that was outgrown stays in memory until the next collection.
    this.#slots = new Uint32Array(Math.min(before.length * GROWTH, SLOTS_MAX * 2));
    this.#count = 0;
    for (let slot = 0; slot < before.length; slot += 2) if (before[slot] !== 0) this.#insert(before[slot] ?? 0, before[slot + 1] ?? 0);
    return this;
  }
}
