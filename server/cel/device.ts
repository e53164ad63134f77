import type { Device, DeviceAttribute } from "../../openapi/api/resource.k8s.io.v1.ts";
import { compile, type Program } from "./compile.ts";
import { estimateCost } from "./cost-estimate.ts";
import type { SizeOf } from "./cost-path.ts";
import { quantityValue } from "./library/quantity.ts";
import { semverValue } from "./library/semver.ts";
import { BOOL, type CelType, DYN, formatType, mapOf, objectOf, opaqueOf, STRING } from "./types.ts";
import { CelMap, fromJson, type Value } from "./values.ts";

const field = (key: string, type: CelType) => [key, { key, type }] as const;
const sized = (type: CelType, maxSize: number): CelType => ({ ...type, maxSize });
/** Attributes and capacities of one device, at most. (ResourceSliceMaxAttributesAndCapacitiesPerDevice) */
const MAX_NAMED = 32;
/** What a device has by domain and identifier. */
const named = (type: CelType) => {
  const inDomain = mapOf(sized(STRING, 32), type, MAX_NAMED);
  return mapOf(sized(STRING, 63), inDomain, MAX_NAMED);
};
/** Of any type, which compile errors call so here. Text and versions of attributes have up to 64 characters. */
const ATTRIBUTE: CelType = { ...sized(DYN, 64), name: "any" };
/** Of dynamic resource allocation; estimates of costs go by the sizes. (dynamic-resource-allocation/cel/compile.go) */
const DEVICE: CelType = objectOf(
  "kubernetes.DRADevice",
  new Map([
    field("driver", sized(STRING, 63)),
    field("attributes", named(ATTRIBUTE)),
    field("capacity", named(opaqueOf("kubernetes.Quantity"))),
    field("allowMultipleAllocations", sized(BOOL, 1)),
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

/** All attributes are bound alike, whatever their names. (sizeEstimator) */
const sizeOf: SizeOf = ([root, ...names]) => {
  if (root !== "device") return undefined;
  let at: CelType | undefined = DEVICE;
  for (const name of names) {
    const [key, value]: readonly (CelType | undefined)[] = at.params;
    if (name === "@items" || name === "@values") at = value;
    else if (name === "@keys") at = key;
    else at = at.fields?.get(name)?.type ?? (value === ATTRIBUTE ? value : undefined);
    if (!at) return undefined;
  }
  return { min: 0, max: at.maxSize ?? 0 };
};

/** @returns what is wrong with the expression of a device selector; `forbidden` where it is only that it may cost too much. */
export function checkDeviceSelector(source: string): string | { readonly forbidden: string } | undefined {
  const program = compileFor(source);
  if (typeof program === "string") return program;
  if (deviceSelectorCost(program) > MAX_COST) return { forbidden: "too complex, exceeds cost limit" };
  return undefined;
}

/** What one evaluation costs at most. */
function deviceSelectorCost({ expression }: Program): number {
  return estimateCost(expression, sizeOf).max;
}

/** The same of a source. @throws Error when the expression cannot be compiled */
export function estimateDeviceSelector(source: string): number {
  const program = compileFor(source);
  if (typeof program === "string") throw new Error(program);
  return deviceSelectorCost(program);
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
