import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { CipherName } from "./ciphers.ts";
import { readEncryptionConfiguration, transformerFor } from "./configuration.ts";
import { open, seal } from "./secretbox.ts";
import { type Provider, providerTransformer } from "./transformer.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

test("secretbox agrees with the test vector of NaCl", () => {
  const key = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
  const nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
  const plain = hex(
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705",
  );
  const sealed = seal(plain, key, nonce);
  expect(Buffer.from(sealed.subarray(24)).toString("hex")).toBe(
    "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5",
  );
  expect(Buffer.from(open(sealed, key)!)).toEqual(plain);
});

const key = (name: string, length = 32) => ({ name, secret: randomBytes(length) });
const text = Buffer.from('{"kind":"Secret"}');
const KEY = "/registry/secrets/ns/s";

describe.each<CipherName>(["aescbc", "aesgcm", "secretbox"])("%s", (name) => {
  const [one, two] = [key("key1"), key("key2")];
  const with_ = (...keys: (typeof one)[]) => providerTransformer([{ name, keys }, { name: "identity" }], randomBytes);

  test.each([0, 1, 15, 16, 17, 1000])("reads back %i bytes, behind its prefix", (length) => {
    const plain = randomBytes(length);
    const stored = with_(one).toStorage(KEY, plain);
    expect(Buffer.from(stored).toString("latin1").startsWith(`k8s:enc:${name}:v1:key1:`)).toBe(true);
    const read = with_(one).fromStorage(KEY, stored);
    expect([Buffer.from(read.plain), read.stale]).toEqual([plain, false]);
  });

  test("goes on reading what an older key wrote, and says that it is stale", () => {
    const stored = with_(one).toStorage(KEY, text);
    expect(with_(two, one).fromStorage(KEY, stored)).toMatchObject({ stale: true });
    expect(with_(one).fromStorage(KEY, text)).toMatchObject({ plain: text, stale: true });
  });

  test("does not read what another key wrote, even one of the same name", () => {
    // CBC has no tag, so a wrong key shows in the padding only, 255 times of 256: nothing is left to chance here.
    const fixed = (fill: number) => ({ name: "key1", secret: Buffer.alloc(32, fill) });
    const of = (...keys: (typeof one)[]) =>
      providerTransformer(
        keys.map((each) => ({ name, keys: [each] })),
        (length) => Buffer.alloc(length, 7),
      );
    const stored = of(fixed(1)).toStorage(KEY, text);
    expect(() => of(fixed(2)).fromStorage(KEY, stored)).toThrow();
    expect(() => of({ ...fixed(1), name: "key2" }).fromStorage(KEY, stored)).toThrow("no matching prefix found");
    const { plain, stale } = of(fixed(2), fixed(1)).fromStorage(KEY, stored);
    expect([Buffer.from(plain), stale]).toEqual([text, true]);
  });
});

test("aesgcm binds a value to its place", () => {
  const transformer = providerTransformer([{ name: "aesgcm", keys: [key("k")] }], randomBytes);
  const stored = transformer.toStorage(KEY, text);
  expect(() => transformer.fromStorage("/registry/secrets/ns/other", stored)).toThrow();
});

describe("the configuration", () => {
  const secret = randomBytes(32).toString("base64");
  const make = (resources: unknown) =>
    readEncryptionConfiguration({
      kind: "EncryptionConfiguration",
      apiVersion: "apiserver.config.k8s.io/v1",
      resources,
    });
  const keys = [{ name: "key1", secret }];
  const kms = (settings: object) => {
    const plugin = { apiVersion: "v2", name: "vault", endpoint: "unix:///run/kms.sock", timeout: "3s", ...settings };
    return [{ resources: ["secrets"], providers: [{ kms: plugin }] }];
  };

  const plain = (...resources: string[]) => [{ resources, providers: [{ identity: {} }] }];

  test("one resource in several places has all of their providers", () => {
    const [one, two] = [key("one"), key("two")];
    const entry = ({ name, secret: bytes }: typeof one) => ({
      resources: ["secrets"],
      providers: [{ aesgcm: { keys: [{ name, secret: Buffer.from(bytes).toString("base64") }] } }],
    });
    const of = (...keys: (typeof one)[]) =>
      transformerFor(make(keys.map(entry)), { group: "", resource: "secrets" }, new Map());
    const stored = of(two)?.toStorage(KEY, text) ?? text;
    expect(of(one, two)?.fromStorage(KEY, stored)).toEqual({ plain: Buffer.from(text), stale: true });
  });

  test("decides by resource, and by wildcard", () => {
    const configuration = make([
      { resources: ["secrets", "*.apps"], providers: [{ aescbc: { keys } }, { identity: {} }] },
      { resources: ["*."], providers: [{ identity: {} }] },
    ]);
    const prefix = (group: string, resource: string) => {
      const stored = transformerFor(configuration, { group, resource }, new Map())?.toStorage("/k", text);
      return stored && Buffer.from(stored).toString("latin1").slice(0, 15);
    };
    expect(prefix("", "secrets")).toBe("k8s:enc:aescbc:");
    expect(prefix("apps", "deployments")).toBe("k8s:enc:aescbc:");
    expect(prefix("", "configmaps")).toBe('{"kind":"Secret');
    expect(prefix("batch", "jobs")).toBeUndefined();
  });

  test.each<[unknown, string]>([
    [[], "resources: Required value"],
    [[{ resources: ["secrets"], providers: [] }], "resources[0].providers: Required value"],
    [kms({ apiVersion: "v1" }), "KMSv1 is deprecated and will only receive security updates going forward."],
    [kms({ name: "" }), "resources[0].providers[0].kms.name: Required value: name is a mandatory field for a provider"],
    [kms({ name: "a:b" }), "invalid KMS provider name a:b, must not contain ':'"],
    [
      [...kms({}), ...kms({})],
      'resources[1].providers[0].kms.name: Invalid value: "vault": duplicate KMS provider name',
    ],
    [kms({ timeout: "-1s" }), 'kms.timeout: Invalid value: "-1s": timeout should be a positive value'],
    [kms({ endpoint: "" }), 'kms.endpoint: Invalid value: "": endpoint is a mandatory field for a kms'],
    [
      kms({ endpoint: "unix:///%zz" }),
      'invalid endpoint for kms provider, error: parse "unix:///%zz": invalid URL escape',
    ],
    [kms({ endpont: "x" }), 'strict decoding error: unknown field "resources[0].providers[0].kms.endpont"'],
    [kms({ endpoint: "tcp://a" }), 'unsupported scheme "tcp" for KMS provider, only unix is supported'],
    [kms({ apiVersion: "v3" }), 'kms.apiVersion: Invalid value: "v3"'],
    [kms({ cachesize: 5 }), "cachesize is not supported in v2"],
    [
      [{ resources: ["secrets"], providers: [{ aescbc: { keys: [{ name: "a", secret: "AAAA" }] } }] }],
      "secret is not of the expected length, got 3, expected one of [16 24 32]",
    ],
    [[{ resources: ["secrets"], providers: [{ secretbox: { keys: [{ secret }] } }] }], "name is a mandatory field"],
    [
      [{ resources: ["secrets"], providers: [{ rot13: {} }] }],
      'strict decoding error: unknown field "resources[0].providers[0].rot13"',
    ],
    [
      [{ resources: ["secrets"], providers: [{}] }],
      'resources[0].providers[0]: Invalid value: {"AESGCM":null,"AESCBC":null,"Secretbox":null,"Identity":null,"KMS":null}: provider does not contain any',
    ],
    [
      [{ resources: ["secrets"], providers: [{ identity: {}, aescbc: { keys } }] }],
      "resources[0].providers[0]: Invalid value: more than one provider specified in a single element",
    ],
    [plain("Secrets"), 'resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital'],
    [plain("*"), `Invalid value: "*": use '*.' to encrypt all the resources from core API group`],
    [plain("serviceipallocations"), "resources which do not have REST API/s cannot be encrypted"],
    [plain("*.events.k8s.io"), "Use 'events' instead in the config file"],
    [plain("jobs.extensions"), "'extensions' group has been removed"],
    [plain("secrets.*"), "encrypting the same resource across groups is not supported"],
    [plain("secrets", "secrets"), "the same resource cannot be specified multiple times"],
    [plain("secrets", "*."), `resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources`],
    [plain("jobs.batch", "*.*"), "using overlapping resources"],
    [[...plain("*."), ...plain("secrets")], 'resource "secrets" is masked by earlier rule "*."'],
    [[...plain("*.*"), ...plain("*.apps")], 'resource "*.apps" is masked by earlier rule "*.*"'],
    [plain("A", "*"), 'will be masked, resources[0].resources[0]: Invalid value: "A"'],
    [plain("*.", "*."), "cannot be specified multiple times, resources[0].resources: Invalid value"],
  ])("%j is refused", (resources, message) => {
    expect(() => make(resources)).toThrow(message);
  });
});

test.each<[string, Provider[], string]>([
  ["identity alone, ciphertext", [{ name: "identity" }], "k8s:enc:aescbc:v1:k:x"],
  ["a cipher alone, what is not encrypted", [{ name: "aesgcm", keys: [key("k")] }], "{}"],
])("%s is not read", (_, providers, stored) => {
  const transformer = providerTransformer(providers, randomBytes);
  expect(() => transformer.fromStorage(KEY, Buffer.from(stored))).toThrow("no matching prefix found");
});
