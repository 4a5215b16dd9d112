import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressOf, isPublicAddress } from "../src/index.ts";

/** Name of a range, then its first and its last address. */
const SPECIAL: readonly (readonly [string, string, string])[] = [
  ["this network 0.0.0.0/8", "0.0.0.0", "0.255.255.255"],
  ["private 10.0.0.0/8", "10.0.0.0", "10.255.255.255"],
  ["carrier-grade NAT 100.64.0.0/10", "100.64.0.0", "100.127.255.255"],
  ["loopback 127.0.0.0/8", "127.0.0.0", "127.255.255.255"],
  ["link-local 169.254.0.0/16, with the clouds' metadata", "169.254.0.0", "169.254.255.255"],
  ["private 172.16.0.0/12", "172.16.0.0", "172.31.255.255"],
  ["protocol assignments 192.0.0.0/24", "192.0.0.0", "192.0.0.255"],
  ["documentation 192.0.2.0/24", "192.0.2.0", "192.0.2.255"],
  ["AS112 192.31.196.0/24", "192.31.196.0", "192.31.196.255"],
  ["multicast relays 192.52.193.0/24", "192.52.193.0", "192.52.193.255"],
  ["6to4 relays 192.88.99.0/24", "192.88.99.0", "192.88.99.255"],
  ["private 192.168.0.0/16", "192.168.0.0", "192.168.255.255"],
  ["AS112 192.175.48.0/24", "192.175.48.0", "192.175.48.255"],
  ["benchmarking 198.18.0.0/15", "198.18.0.0", "198.19.255.255"],
  ["documentation 198.51.100.0/24", "198.51.100.0", "198.51.100.255"],
  ["documentation 203.0.113.0/24", "203.0.113.0", "203.0.113.255"],
  ["multicast 224.0.0.0/4", "224.0.0.0", "239.255.255.255"],
  ["reserved 240.0.0.0/4", "240.0.0.0", "255.255.255.254"],
  ["broadcast", "255.255.255.255", "255.255.255.255"],
  ["unspecified ::", "::", "0:0:0:0:0:0:0:0"],
  ["loopback ::1", "::1", "0:0:0:0:0:0:0:1"],
  ["IPv4-compatible ::/96", "::2", "::ffff:ffff"],
  ["IPv4-compatible, written as IPv4", "::10.0.0.1", "::93.184.216.34"],
  ["IPv4-mapped private", "::ffff:10.0.0.1", "::ffff:0a00:1"],
  ["IPv4-mapped loopback", "::ffff:127.0.0.1", "::ffff:7fff:ffff"],
  ["IPv4-mapped metadata", "::ffff:169.254.169.254", "0:0:0:0:0:ffff:a9fe:a9fe"],
  ["IPv4-translated ::ffff:0:0/96", "::ffff:0:0", "::ffff:0:ffff:ffff"],
  ["NAT64 64:ff9b::/96", "64:ff9b::", "64:ff9b::255.255.255.255"],
  ["NAT64 of an address that is public itself", "64:ff9b::93.184.216.34", "64:ff9b::8.8.8.8"],
  ["local NAT64 64:ff9b:1::/48", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"],
  ["discard 100::/64", "100::", "100::ffff:ffff:ffff:ffff"],
  ["never given out", "200::1", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["Teredo 2001::/32", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["benchmarking 2001:2::/48", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"],
  ["ORCHID 2001:10::/28 and 2001:20::/28", "2001:10::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["documentation 2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["6to4 2002::/16", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["6to4 of loopback and of a public address", "2002:7f00:1::", "2002:5db8:d822::1"],
  ["documentation 3fff::/20", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["not yet given out", "4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["segment routing 5f00::/16", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["unique-local fc00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["link-local fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["link-local with a zone", "fe80::1%eth0", "fe80::1%1"],
  ["site-local fec0::/10", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["multicast ff00::/8", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
];

const PUBLIC: readonly string[] = [
  "1.0.0.1",
  "9.255.255.255",
  "11.0.0.0",
  "93.184.216.34",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "169.255.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.0.3.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "::ffff:93.184.216.34",
  "2001:200::1",
  "2001:db7::1",
  "2001:db9::1",
  "2003::1",
  "2606:2800:220:1::1",
  "2a00:1450:4001:80b::200e",
  "3ffe:ffff:ffff::1",
];

describe("special ranges", () => {
  for (const [name, first, last] of SPECIAL) it(name, () => assert.deepEqual([isPublicAddress(first), isPublicAddress(last)], [false, false]));
});

describe("public addresses, many of them right beside a special range", () => {
  for (const address of PUBLIC) it(address, () => assert.equal(isPublicAddress(address), true));
});

describe("what is no address", () => {
  for (const text of [
    "",
    "localhost",
    "site.example",
    "93.184.216",
    "093.184.216.034",
    "0x5d.0xb8.0xd8.0x22",
    "1572395042",
    "93.184.216.34:80",
    "[2606:2800:220:1::1]",
    "2606::1::1",
  ])
    it(JSON.stringify(text), () => assert.equal(isPublicAddress(text), false));
});

describe("hosts of URLs that are addresses", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["http://site.example/", null],
    ["http://10.0.0.1.example/", null],
    ["http://10.0.0.1/", "10.0.0.1"],
    ["http://127.1/", "127.0.0.1"],
    ["http://0x7f.1/", "127.0.0.1"],
    ["http://017700000001/", "127.0.0.1"],
    ["http://2130706433/", "127.0.0.1"],
    ["http://１２７.0.0.1/", "127.0.0.1"],
    ["http://127.0.0.1./", "127.0.0.1"],
    ["http://[::1]/", "::1"],
    ["http://[0:0:0:0:0:0:0:1]/", "::1"],
    ["http://[::ffff:10.0.0.1]/", "::ffff:a00:1"],
  ];
  for (const [url, address] of cases) it(url, () => assert.equal(addressOf(new URL(url).hostname), address));
});
