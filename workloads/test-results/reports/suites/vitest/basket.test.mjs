import { describe, expect, it } from "vitest";
import { addItem, basket, total } from "./basket.mjs";

describe("basket", () => {
  it("is empty at first", () => expect(total(basket())).toBe(0));
  it.each([
    [100, 1],
    [250, 2],
    [999, 3],
  ])("adds up %i x %i", (price, count) => expect(total(addItem(basket(), price, count))).toBe(price * count));
  it("gives a discount from ten items on", () => expect(total(addItem(basket(), 100, 10))).toBe(900));
  it.skip("refuses a negative count", () => {});
  it.todo("knows currencies");
  describe('weird "names" <of> tests & more', () => {
    it("größe — 大きさ 😀", () => {});
    it("a::b::c[x/y] \\ 'quoted'", () => {});
    it("twice", () => {});
    it("twice", () => {});
    it('throws <xml> & "friends"', () => {
      throw new TypeError("a <tag> & an ]]> end");
    });
  });
});
