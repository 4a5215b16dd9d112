import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addItem, basket, total } from "./basket.mjs";

describe("basket", () => {
  it("is empty at first", () => assert.equal(total(basket()), 0));
  for (const [price, count] of [
    [100, 1],
    [250, 2],
    [999, 3],
  ]) {
    it(`adds up ${count} x ${price} [${price}-${count}]`, () => assert.equal(total(addItem(basket(), price, count)), price * count));
  }
  it("gives a discount from ten items on", () => assert.equal(total(addItem(basket(), 100, 10)), 900));
  it("refuses a negative count", { skip: "not decided yet" }, () => {});
  it("knows currencies", { todo: true }, () => {});
  describe('weird "names" <of> tests & more', () => {
    it("größe — 大きさ 😀", () => {});
    it("a::b::c[x/y] \\ 'quoted'", () => {});
    it("twice", () => {});
    it("twice", () => {});
    it('throws <xml> & "friends"', () => {
      throw new TypeError("a <tag> & an end");
    });
  });
});
