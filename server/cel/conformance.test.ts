import { tests as conformance } from "@bufbuild/cel-spec/testdata/conformance.js";
import { expect, test } from "vitest";
import { equal } from "./comparison.ts";
import { compile } from "./compile.ts";
import { FUNCTIONS } from "./environment.ts";
import { parseDuration, parseTimestamp } from "./library/time.ts";
import { type CelType, DYN, listOf, mapOf, NAMED_TYPES, typeOf } from "./types.ts";
import { CelMap, Double, intOf, TypeValue, typeName, Uint, type Value } from "./values.ts";

/** Sections about what Kubernetes does not have: protocol buffers, and libraries it does not load. */
const SKIPPED: Record<string, string> = {
  bindings_ext: "cel.bind is not declared",
  block_ext: "cel.block is not declared",
  encoders_ext: "base64 is not declared",
  math_ext: "math is not declared",
  dynamic: "protobuf messages",
  enums: "protobuf enums",
  proto2: "protobuf messages",
  proto2_ext: "protobuf messages",
  proto3: "protobuf messages",
  wrappers: "protobuf wrappers",
  namespace: "containers",
};
/** Cases that need one of these are skipped too. */
const NEEDS = /TestAllTypes|google\.protobuf\.(?!Timestamp|Duration)|google\.protobuf\.\w+\s*\{|cel\.expr|`/;

// The test data states its own types loosely; only what is read here matters.
interface Typed {
  primitive?: string;
  wellKnown?: string;
  listType?: { elemType: Typed };
  mapType?: { keyType: Typed; valueType: Typed };
  dyn?: object;
  null?: unknown;
  type?: object;
}
interface Json {
  [kind: string]: unknown;
}
interface Case {
  name: string;
  expr: string;
  value?: Json;
  evalError?: object;
  typeEnv?: { name: string; ident?: { type: Typed }; function?: object }[];
  bindings?: Record<string, { value: Json }>;
  container?: string;
  disableMacros?: boolean;
  disableCheck?: boolean;
  checkOnly?: boolean;
  typedResult?: { result?: Json };
  unknown?: object;
  anyUnknowns?: object;
  anyEvalErrors?: object;
  locale?: string;
}
interface Suite {
  name: string;
  suites?: Suite[];
  tests?: { original: Case }[];
}

function typeFrom(type: Typed): CelType {
  if (type.primitive) return NAMED_TYPES.get(type.primitive.toLowerCase().replace("64", "")) ?? DYN;
  if (type.wellKnown)
    return (
      NAMED_TYPES.get(type.wellKnown === "TIMESTAMP" ? "google.protobuf.Timestamp" : "google.protobuf.Duration") ?? DYN
    );
  if (type.listType) return listOf(typeFrom(type.listType.elemType));
  if (type.mapType) return mapOf(typeFrom(type.mapType.keyType), typeFrom(type.mapType.valueType));
  return type.type ? typeOf(DYN) : DYN;
}
function valueFrom(json: Json): Value | undefined {
  const [kind = "", content] = Object.entries(json)[0] ?? [];
  switch (kind) {
    case "int64Value":
      return intOf(BigInt(content as string));
    case "uint64Value":
      return new Uint(BigInt(content as string));
    case "doubleValue":
      return new Double(Number(String(content)));
    case "bytesValue":
      return Uint8Array.from(Buffer.from(content as string, "base64"));
    case "typeValue":
      return new TypeValue(content as string);
    case "listValue": {
      const all = ((content as { values?: Json[] }).values ?? []).map(valueFrom);
      return all.includes(undefined) ? undefined : (all as Value[]);
    }
    case "mapValue": {
      const map = new CelMap();
      for (const { key, value } of (content as { entries?: { key: Json; value: Json }[] }).entries ?? []) {
        const inner = [valueFrom(key), valueFrom(value)];
        if (inner[0] === undefined || inner[1] === undefined) return undefined;
        map.set(inner[0], inner[1]);
      }
      return map;
    }
    case "objectValue": {
      const message = content as { "@type": string; value: string };
      if (message["@type"]?.endsWith("Timestamp")) return parseTimestamp(message.value);
      if (message["@type"]?.endsWith("Duration")) return parseDuration(message.value);
      return undefined;
    }
    default:
      return content as Value; // string, bool, null
  }
}
function same(a: Value, b: Value): boolean {
  if (a instanceof Double && b instanceof Double) return Object.is(a.value, b.value) || a.value === b.value;
  return typeName(a) === typeName(b) && equal(a, b);
}

const cases: { title: string; test: Case; want: Value | undefined }[] = [];
const skipped: string[] = [];
for (const section of (conformance as Suite).suites ?? []) {
  for (const suite of section.suites ?? []) {
    for (const { original: test } of suite.tests ?? []) {
      const title = `${section.name}/${suite.name}/${test.name}`;
      const functions = test.typeEnv?.some((declared) => declared.function);
      const want = test.value ? valueFrom(test.value) : test.evalError ? undefined : true;
      const strange =
        test.unknown ||
        test.anyUnknowns ||
        test.anyEvalErrors ||
        test.container ||
        // Kubernetes always checks.
        test.disableCheck ||
        test.disableMacros ||
        test.checkOnly ||
        test.typedResult ||
        functions;
      const proto =
        NEEDS.test(
          test.expr +
            JSON.stringify(test.value ?? "") +
            JSON.stringify(test.typeEnv ?? "") +
            JSON.stringify(test.bindings ?? ""),
        ) ||
        (test.value && want === undefined);
      if (SKIPPED[section.name] || strange || proto) skipped.push(title);
      else cases.push({ title, test, want });
    }
  }
}

/** Returns what differs, or undefined. */
function differs({ expr, typeEnv = [], bindings = {} }: Case, want: Value | undefined): string | undefined {
  const variables = Object.fromEntries(typeEnv.map(({ name, ident }) => [name, ident ? typeFrom(ident.type) : DYN]));
  for (const name of Object.keys(bindings)) variables[name] ??= DYN;
  const program = compile(expr, { variables, homogeneous: false });
  if (!program.ok) return want === undefined ? undefined : program.message;
  const values = Object.fromEntries(Object.entries(bindings).map(([name, { value }]) => [name, valueFrom(value)]));
  const outcome = program.evaluate(values);
  if (!outcome.ok) return want === undefined ? undefined : outcome.message;
  if (want === undefined) return "should have failed";
  return same(outcome.value, want) ? undefined : `is ${typeName(outcome.value)} ${String(outcome.value)}`;
}

test("there is no function that Kubernetes does not declare", () => {
  for (const name of ["base64.encode", "cel.bind", "math.greatest", "jsonpatch.escapeKey"])
    expect(FUNCTIONS.has(name)).toBe(false);
});

test(`the language's own test data holds (${cases.length} cases, ${skipped.length} skipped)`, () => {
  const wrong = cases.flatMap(({ title, test, want }) => {
    const difference = differs(test, want);
    return difference === undefined ? [] : [`${title}: ${test.expr} — ${difference}`];
  });
  expect(wrong).toEqual([]);
});
