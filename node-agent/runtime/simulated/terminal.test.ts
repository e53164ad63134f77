import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { collector } from "./shell/redirections.ts";
import { terminal } from "./terminal.ts";

test("a terminal is as large as its client says, when it knows", () => {
  const screen = terminal(undefined, collector().stream);
  expect(screen.size()).toEqual({ width: 80, height: 24 });
  screen.resize({ width: 0, height: 0 });
  expect(screen.size()).toEqual({ width: 80, height: 24 });
  screen.resize({ width: 120, height: 40 });
  expect(screen.size()).toEqual({ width: 120, height: 40 });
});

test("what is typed is echoed and can be corrected; whole lines go on", async () => {
  const typed = new PassThrough();
  const shown = collector();
  const screen = terminal(typed, shown.stream);
  typed.write("lx\x7fs\r");
  await new Promise(setImmediate);
  expect(screen.stdin?.read()?.toString()).toBe("ls\n");
  expect(shown.text()).toBe("lx\b \bs\r\n");
});
