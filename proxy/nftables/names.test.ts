import { expect, test } from "vitest";
import { hashedName } from "./names.ts";

test("names are those of upstream's proxy", () => {
  expect(hashedName("ns1/svc1/tcp/p80")).toBe("ULMVA6XW-ns1/svc1/tcp/p80");
  expect(hashedName("ns1/svc1/tcp/p80__10.180.0.1/80")).toBe("5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80");
});

test("a name that is too long is cut, and still its own", () => {
  const [a, b] = [hashedName(`${"x".repeat(300)}a`), hashedName(`${"x".repeat(300)}b`)];
  expect(a).toHaveLength(240);
  expect(a).not.toBe(b);
});
