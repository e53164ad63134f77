import { expect, test } from "vitest";
import { longFlags } from "./long-flags.ts";

test("flags have the value behind the sign, or the next word, or are on", () => {
  const args = ["netexec", "--http-port=80", "--udp-port", "-1", "--verbose", "--name", "a"];
  expect(Object.fromEntries(longFlags(args))).toEqual({
    "http-port": "80",
    "udp-port": "-1",
    verbose: "true",
    name: "a",
  });
});
