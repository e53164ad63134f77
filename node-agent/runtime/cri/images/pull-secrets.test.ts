import { expect, test } from "vitest";
import type { Secret } from "../../../../openapi/api/core.v1.ts";
import { credentialsFor } from "./pull-secrets.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = (auths: object): Secret =>
  ({
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": base64(JSON.stringify({ auths })) },
  }) as unknown as Secret; // no more is read
const user = (name: string) => ({ auth: base64(`${name}:word`) });

test.each([
  ["reg.io/team/app:1", { "reg.io": user("a"), "reg.io/team": user("b"), "other.io": user("c") }, ["b", "a"]],
  ["reg.io:5000/app", { "https://reg.io:5000/v2/": user("a"), "reg.io": user("b") }, ["a"]],
  ["x.reg.io/app", { "*.reg.io": user("a"), "*.io": user("b") }, ["a"]],
  ["busybox", { "https://index.docker.io/v1/": user("hub") }, ["hub"]],
  ["team/app", { "index.docker.io/team": user("team") }, ["team"]],
])("for %s, %o has users %o", (image, auths, users) => {
  expect(credentialsFor(image, [secret(auths)]).map(({ auth }) => auth.username)).toEqual(users);
});

test("a secret that is no JSON knows no registry", () => {
  const broken = { type: "kubernetes.io/dockercfg", data: { ".dockercfg": base64("{") } } as unknown as Secret;
  expect(credentialsFor("reg.io/app", [broken])).toEqual([]);
});
