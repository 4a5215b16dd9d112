import { it } from "vitest";
import "./there-is-no-such-module.mjs";

it("is never reached", () => {});
