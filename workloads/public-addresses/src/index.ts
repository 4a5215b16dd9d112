// What an address of the public internet is, for programs that follow links which strangers wrote.
//
// Owns: telling addresses apart, and look-ups whose connections go to exactly the addresses that were checked.
// Never: what is done about an address that is not public; each workload has its own rule for that.
export { addressOf, isPublicAddress } from "./public-address.ts";
export { createLookup, type Choose, type Lookup, type Resolve } from "./lookup.ts";
