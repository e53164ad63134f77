import { expect, test } from "vitest";
import type { Attributes } from "../auth/authorizer.ts";
import { Impersonation } from "../auth/impersonation.ts";
import { forbiddenTo } from "../meta/access-denied.ts";
import { ImpersonationMetrics } from "./impersonation-metrics.ts";

const REQUEST: Attributes = {
  user: { name: "admin", groups: [] },
  verb: "list",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "",
  name: "",
  path: "",
};

test.each([
  { allowed: /^impersonate$/, mode: "legacy", questions: { "user-info denied": 1, "legacy allowed": 1 } },
  { allowed: /user-info/, mode: "user-info", questions: { "user-info allowed": 2 } },
  { allowed: /nothing/, mode: undefined, questions: { "user-info denied": 1, "legacy denied": 1 } },
])("an attempt is counted by the right that allowed it: $mode", async ({ allowed, mode, questions }) => {
  const metrics = new ImpersonationMetrics(() => 0);
  const authorizer = metrics.counting({
    name: "test",
    authorize: ({ verb }) => ({ decision: allowed.test(verb) ? "allow" : "no-opinion", reason: "" }),
  });
  const ended = metrics.attempt();
  const wanted = { name: "jane", uid: "", groups: [], extra: {} };
  await new Impersonation(authorizer, forbiddenTo).decide(wanted, REQUEST).then(
    ({ constraint }) => ended(constraint),
    () => ended(undefined),
  );
  const counted = async (at: number) => {
    const { values } = (await metrics.series[at]!.get()) as {
      values: { labels: Record<string, string>; value: number }[];
    };
    return Object.fromEntries(values.map(({ labels, value }) => [`${labels.mode} ${labels.decision}`, value]));
  };
  expect(await counted(0)).toEqual({ [mode ? `${mode} allowed` : " denied"]: 1 });
  expect(await counted(2)).toEqual(questions);
});
