import { expect, test } from "vitest";
import { answerHealth, type HealthCheck } from "./health-checks.ts";

const well: HealthCheck = { name: "leaderElection", check: () => undefined };
const ill: HealthCheck = { name: "sched-handler-sync", check: () => "handlers are not fully synchronized" };

test.each<[string, readonly HealthCheck[], string, number | undefined, string]>([
  ["healthz", [], "", 200, "ok"],
  ["healthz", [], "verbose", 200, "[+]ping ok\nhealthz check passed\n"],
  ["healthz", [well], "verbose=1", 200, "[+]leaderElection ok\nhealthz check passed\n"],
  [
    "readyz",
    [well, ill],
    "",
    500,
    "[+]leaderElection ok\n[-]sched-handler-sync failed: reason withheld\nreadyz check failed\n",
  ],
  ["readyz", [well, ill], "exclude=sched-handler-sync", 200, "ok"],
  [
    "readyz",
    [ill],
    "verbose&exclude=sched-handler-sync&exclude=x",
    200,
    '[+]sched-handler-sync excluded: ok\nwarn: some health checks cannot be excluded: no matches for "x"\nreadyz check passed\n',
  ],
  ["readyz/sched-handler-sync", [ill], "", 500, "internal server error: handlers are not fully synchronized\n"],
  ["readyz/leaderElection", [well, ill], "", 200, "ok"],
  ["readyz/nothing", [well], "", undefined, ""],
])("/%s of %j with %j answers %j", (path, checks, query, code, text) => {
  const answer = answerHealth(path, checks, new URLSearchParams(query));
  expect(answer).toEqual(code === undefined ? undefined : { code, text });
});
