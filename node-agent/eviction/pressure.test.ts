import { expect, test } from "vitest";
import { PressureJudge } from "./pressure.ts";
import { parseThresholds } from "./threshold.ts";

const at = (seconds: number) => new Date(seconds * 1000);
const disk = (available: number) => ({ "nodefs.available": { available, capacity: 100 } });

/** What is said at each of some seconds: conditions, and values of thresholds that are met. */
function judged(judge: PressureJudge, looks: readonly (readonly [second: number, available: number])[]) {
  return looks.map(([second, available]) => {
    const { conditions, met } = judge.judge(disk(available), at(second));
    return [second, [...conditions].join(), met.map(({ value }) => value).join()];
  });
}

test("a condition stays for a while after it was seen last", () => {
  const judge = new PressureJudge(parseThresholds({ hard: "nodefs.available<10" }), 60_000);
  expect(
    judged(judge, [
      [0, 50],
      [10, 9],
      [20, 11],
      [69, 11],
      [70, 11],
    ]),
  ).toEqual([
    [0, "", ""],
    [10, "DiskPressure", "10"],
    [20, "DiskPressure", ""],
    [69, "DiskPressure", ""],
    [70, "", ""],
  ]);
});

test("a soft threshold is met when it was crossed for its whole grace period", () => {
  const soft = { soft: "nodefs.available<20", softGracePeriod: "nodefs.available=30s" };
  const judge = new PressureJudge(parseThresholds({ hard: "nodefs.available<10", ...soft }), 0);
  expect(
    judged(judge, [
      [0, 19],
      [20, 30],
      [30, 19],
      [59, 19],
      [60, 19],
      [70, 9],
    ]).map(([second, , met]) => [second, met]),
  ).toEqual([
    [0, ""],
    [20, ""],
    [30, ""],
    [59, ""],
    [60, "20"],
    [70, "10,20"],
  ]);
});

test("what was met is met until as much as wanted is there again", () => {
  const judge = new PressureJudge(
    parseThresholds({ hard: "nodefs.available<10", minimumReclaim: "nodefs.available=5" }),
    0,
  );
  expect(
    judged(judge, [
      [0, 14],
      [10, 9],
      [20, 14],
      [30, 15],
      [40, 14],
    ]).map(([, , met]) => met),
  ).toEqual(["", "10", "10", "", ""]);
});
