import "./there-is-no-such-module.mjs";

it("is never reached", () => {});
