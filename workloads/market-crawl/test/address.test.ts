import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { joinAddress, parseAddress } from "../src/address/parse-address.ts";

const NOTHING = [null, null, null] as const;

const CASES: readonly (readonly [input: string, expected: readonly [string | null, string | null, string | null]])[] = [
  ["Østergade 18, 4900 Nakskov", ["Østergade 18", "4900", "Nakskov"]],
  ["Industrivej 13 A, 3000 Helsingør", ["Industrivej 13 A", "3000", "Helsingør"]],
  ["  Parkvej \n 33,   4200 Slagelse ", ["Parkvej 33", "4200", "Slagelse"]],
  // A country name stays where it falls.
  ["Betty Nansens Allé 61, 2000 Frederiksberg, Danmark", ["Betty Nansens Allé 61 Danmark", "2000", "Frederiksberg"]],
  ["Lykkesholms Allé 12, 1902 Frederiksberg C, Danmark", ["Lykkesholms Allé 12 Danmark", "1902", "Frederiksberg C"]],
  ["Holte stationsvej, Holte Midtpunkt., Holte, Denmark", ["Holte stationsvej,  Holte Midtpunkt.,  Holte", null, "Denmark"]],
  ["Trianglen, Østerbro", ["Trianglen", null, "Østerbro"]],
  ["Vanløse Torv", ["Vanløse Torv", null, "Vanløse Torv"]],
  ["8000 Aarhus C", ["8000 Aarhus C", "8000", "Aarhus C"]],
  // Every occurrence of what was found leaves the street, in any case.
  ["Hal 1, 8000 AARHUS, 8000 Aarhus, Nord", ["Hal 1 Nord", "8000", "AARHUS"]],
  ["Vej (1) 2, 4200 Ny. By", ["Vej (1) 2", "4200", "Ny. By"]],
  ["Torvet&nbsp;3, 4000 Roskilde", ["Torvet 3", "4000", "Roskilde"]],
  ["Nord &#8211; Syd, 4000 Roskilde", ["Nord - Syd", "4000", "Roskilde"]],
  ["A,", NOTHING],
  ["A, B,  ", NOTHING],
  ["", NOTHING],
  [" \t ", NOTHING],
  // No city behind the digits: they are the city's, and are taken from it.
  ["8000", ["8000", "8000", null]],
  ["Torvet, 8000Aarhus", ["Torvet", null, "Aarhus"]],
  ["Torvet, Aarhus 8000", ["Torvet", "8000", "Aarhus"]],
  ["Torvet, 8000", ["Torvet", null, null]],
];

describe("an address", () => {
  for (const [input, [address, postal_code, city]] of CASES) {
    it(`is taken apart: ${JSON.stringify(input)}`, () => assert.deepEqual(parseAddress(input), { address, postal_code, city }));
  }

  it("is joined from the parts that exist", () => {
    assert.equal(joinAddress({ address: "Østergade 18", postalCode: "4900", city: "Nakskov" }), "Østergade 18, 4900 Nakskov");
    assert.equal(joinAddress({ address: "Trianglen", postalCode: null, city: "Østerbro" }), "Trianglen, Østerbro");
    assert.equal(joinAddress({ address: "Trianglen", postalCode: "2100", city: null }), "Trianglen");
    assert.equal(joinAddress({ address: null, postalCode: "2100", city: "København Ø" }), "2100 København Ø");
    assert.equal(joinAddress({ address: null, postalCode: null, city: null }), "");
  });
});
