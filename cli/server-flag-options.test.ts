import { Command } from "commander";
import { expect, test } from "vitest";
import { addServerFlags } from "./server-flags.ts";

const parse = (...args: string[]) =>
  addServerFlags(new Command("server").exitOverride().configureOutput({ writeErr: () => undefined })).parse(args, {
    from: "user",
  });

test.each(["//example\\.com(:|$)", "^https://example\\.com$", "^https://a$,//b:"])(
  "--cors-allowed-origins %s names whole hosts",
  (list) => {
    expect(parse("--cors-allowed-origins", list).opts()).toMatchObject({
      corsAllowedOrigins: list.split(",").map((each) => new RegExp(each)),
    });
  },
);

test.each(["example\\.com", "//example\\.com", "example$", "^https://a$,b"])(
  "--cors-allowed-origins %s is refused: it would match strangers",
  (list) => {
    expect(() => parse("--cors-allowed-origins", list)).toThrow(
      "regular expression does not pin to start/end of host in the origin header",
    );
  },
);
