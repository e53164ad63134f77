import type { Device, DeviceAttribute } from "../../openapi/api/resource.k8s.io.v1.ts";
import { compile, type Program } from "./compile.ts";
import { quantityValue } from "./library/quantity.ts";
import { semverValue } from "./library/semver.ts";
import { BOOL, type CelType, DYN, formatType, mapOf, objectOf, opaqueOf, STRING } from "./types.ts";
import { CelMap, fromJson, type Value } from "./values.ts";

const field = (key: string, type: CelType) => [key, { key, type }] as const;
/** Of any type, which compile errors call so here. */
const ANY: CelType = { ...DYN, name: "any" };
/** Of dynamic resource allocation. (dynamic-resource-allocation/cel/compile.go) */
const DEVICE: CelType = objectOf(
  "kubernetes.DRADevice",
  new Map([
    field("driver", STRING),
    field("attributes", mapOf(STRING, mapOf(STRING, ANY))),
    field("capacity", mapOf(STRING, mapOf(STRING, opaqueOf("kubernetes.Quantity")))),
    field("allowMultipleAllocations", BOOL),
  ]),
);
/** What one evaluation may cost. (CELSelectorExpressionMaxCost) */
const MAX_COST = 1_000_000;

/** @returns the program, or why the expression is none for devices. */
function compileFor(source: string): Program | string {
  const program = compile(source, { variables: { device: DEVICE }, bind: true });
  if (!program.ok) return `compilation failed: ${program.message}`;
  const { type } = program;
  if (type.kind === "bool" || type.kind === "dyn") return program;
  return `must evaluate to bool or the unknown type, not ${formatType(type)}`;
}

/** @returns what is wrong with the expression of a device selector. */
export function checkDeviceSelector(source: string): string | undefined {
  const program = compileFor(source);
  return typeof program === "string" ? program : undefined;
}

const compiled = new Map<string, Program>();
const MAX_COMPILED = 100;

/**
 * Remembers the last programs, since every device is asked.
 * @returns whether a device of a driver is chosen; it throws an Error when the evaluation fails
 * @throws Error when the expression cannot be compiled
 */
export function compileDeviceSelector(source: string): (driver: string, device: Device) => boolean {
  const program = compiled.get(source) ?? compileFor(source);
  if (typeof program === "string") throw new Error(program);
  compiled.delete(source);
  compiled.set(source, program);
  if (compiled.size > MAX_COMPILED) compiled.delete(compiled.keys().next().value ?? "");
  return (driver, device) => {
    const outcome = program.evaluate({ device: deviceValue(driver, device) }, MAX_COST);
    if (!outcome.ok) throw new Error(outcome.message);
    if (typeof outcome.value !== "boolean") throw new Error("CEL result could not be converted to bool");
    return outcome.value;
  };
}

function deviceValue(driver: string, { attributes = {}, capacity = {}, allowMultipleAllocations }: Device): unknown {
  return {
    driver,
    allowMultipleAllocations: allowMultipleAllocations ?? false,
    attributes: byDomain(driver, attributes, attributeValue),
    capacity: byDomain(driver, capacity, ({ value }) => quantityValue(value)),
  };
}

/** Names without a domain are of the driver's. Domains that the device knows nothing of are empty, not missing. */
function byDomain<T>(driver: string, named: Readonly<Record<string, T>>, toValue: (item: T) => Value): unknown {
  const domains = new Domains();
  for (const [name, item] of Object.entries(named)) {
    const slash = name.indexOf("/");
    const domain = slash < 0 ? driver : name.slice(0, slash);
    const known = domains.has(domain) ? (domains.get(domain) as CelMap) : new CelMap();
    known.set(name.slice(slash + 1), toValue(item));
    domains.set(domain, known);
  }
  return domains;
}

/** A domain that is not there is empty, so that a look into it fails no differently from any other. */
class Domains extends CelMap {
  override get(key: Value): Value {
    return super.get(key) ?? new CelMap();
  }
}

function attributeValue({ int, bool, string, version }: DeviceAttribute): Value {
  if (version !== undefined) return semverValue(version);
  return fromJson(int ?? bool ?? string);
}
