import { isIPv4 as isNodeIPv4, isIPv6 as isNodeIPv6 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatIp, parseCidr, parseIp, prefixContains } from "./ip.ts";
import {
  validateCIDR,
  validateCIDRForLegacyField,
  validateInterfaceAddress,
  validateIP,
  validateIPForLegacyField,
  warningsForCIDR,
  warningsForIP,
} from "./ip-validation.ts";

test.each([
  [validateIP, "10.0.0.1", []],
  [validateIP, "fe80::abc", []],
  [validateIP, "FE80::abc", ['must be in canonical form ("fe80::abc")']],
  [validateIP, "a", ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]],
  [validateIP, "1.2.3.256", ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]],
  [validateIP, "fe80::1%eth0", ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]],
  [validateIPForLegacyField, "FE80:0:0:0:0:0:0:0abc", []],
  [validateIPForLegacyField, "010.0.0.1", ["must not have leading 0s"]],
  [validateIPForLegacyField, "::ffff:1.2.3.4", ["must not be an IPv4-mapped IPv6 address"]],
  [validateCIDR, "10.0.0.0/8", []],
  [validateCIDR, "2001:DB8::/32", ['must be in canonical form ("2001:db8::/32")']],
  [validateCIDRForLegacyField, "10.0.0.1/8", ["must not have bits set beyond the prefix length"]],
  [validateCIDRForLegacyField, "10.0.0.0/08", ["must not have leading 0s in IP or prefix length"]],
  [validateCIDRForLegacyField, "::ffff:1.2.3.0/120", ["must not have an IPv4-mapped IPv6 address"]],
  [validateCIDRForLegacyField, "10.0.0.0/33", ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]],
  [validateInterfaceAddress, "192.168.1.5/24", []],
  [validateInterfaceAddress, "::ffff:192.168.0.1/120", ['must be in canonical form ("192.168.0.1/24")']],
])("%o says of %s: %j", (validate, value, details) => {
  expect(validate(value, "f").map((error) => error.detail)).toEqual(details);
});

test("what was stored may stay", () => {
  expect(validateIPForLegacyField("010.0.0.1", "f", ["010.0.0.1"])).toEqual([]);
});

test.each([
  [warningsForIP("010.0.0.1", "f"), ['f: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"']],
  [warningsForIP("1::0:1", "f"), ['f: IPv6 address "1::0:1" should be in RFC 5952 canonical format ("1::1")']],
  [
    warningsForCIDR("10.0.0.1/8", "f"),
    ['f: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)'],
  ],
  [warningsForIP("10.0.0.1", "f"), []],
])("%#: warnings", (warnings, expected) => {
  expect(warnings).toEqual(expected);
});

test.each([
  ["10.0.0.0/8", "10.255.0.1", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["::/0", "10.0.0.1", false],
  ["2001:db8::/33", "2001:db8:7fff::1", true],
  ["2001:db8::/33", "2001:db8:8000::1", false],
])("%s holds %s: %s", (cidr, ip, holds) => {
  expect(prefixContains(parseCidr(cidr)!, parseIp(ip)!)).toBe(holds);
});

test("addresses are those that Node knows, and survive printing", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/)), (text) => {
      const address = parseIp(text);
      if (isNodeIPv4(text) || isNodeIPv6(text)) expect(address).toBeDefined();
      if (address) expect(parseIp(formatIp(address))?.bytes).toEqual(address.bytes);
    }),
  );
});
