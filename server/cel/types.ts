/** How a value is typed. `param` stands for a type still open, `error` for one already reported. */
export type TypeKind =
  | "dyn"
  | "error"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "list"
  | "map"
  | "object"
  | "opaque"
  | "optional"
  | "type"
  | "param";

/** A field of a declared object: `key` is its name in JSON, which differs where CEL needs the name escaped. */
export interface CelField {
  readonly key: string;
  readonly type: CelType;
}

/** A CEL type. */
export interface CelType {
  readonly kind: TypeKind;
  /** As `type(x)` and error messages print it, without parameters. */
  readonly name: string;
  /** Of list: the element. Of map: key and value. Of optional and type: what is inside. */
  readonly params: readonly CelType[];
  /** Of object: its fields by the name that expressions use. */
  readonly fields?: ReadonlyMap<string, CelField>;
  /** Of object: it has any field, and nothing is known of them. */
  readonly open?: boolean;
  /** Of object: null is a value of its fields, where otherwise it is as good as absent. */
  readonly keepsNull?: boolean;
  /** Upper bound of elements, entries, or bytes, for the estimate of costs. Absent is unknown. */
  readonly maxSize?: number;
  /** Of list: its order does not count, and elements are told apart by these fields; by all of them where none is named. */
  readonly unorderedBy?: readonly string[];
  /** Bytes of the shortest JSON of such a value, of which follows how many fit into a request. */
  readonly minSize?: number;
}

/**
 * A declared field by the name in an expression, which may be a reserved word as it stands: `self.namespace` is
 * `self.__namespace__`. Only escaped reserved words begin and end so. (apiserver/pkg/cel/types.go FindStructFieldType)
 */
export function fieldNamed(type: CelType, name: string): CelField | undefined {
  return type.fields?.get(name) ?? type.fields?.get(`__${name}__`);
}

const simple = (kind: TypeKind, name: string = kind): CelType => ({ kind, name, params: [] });

export const DYN = simple("dyn");
export const ERROR = simple("error", "!error!");
export const NULL = simple("null", "null_type");
export const BOOL = simple("bool");
export const INT = simple("int");
export const UINT = simple("uint");
export const DOUBLE = simple("double");
export const STRING = simple("string");
export const BYTES = simple("bytes");
export const TIMESTAMP = simple("timestamp", "google.protobuf.Timestamp");
export const DURATION = simple("duration", "google.protobuf.Duration");

export const listOf = (element: CelType, maxSize?: number): CelType => sized("list", [element], maxSize);
export const mapOf = (key: CelType, value: CelType, maxSize?: number): CelType => sized("map", [key, value], maxSize);
export const optionalOf = (inner: CelType): CelType => ({ kind: "optional", name: "optional_type", params: [inner] });
export const typeOf = (inner: CelType): CelType => ({ kind: "type", name: "type", params: [inner] });
export const paramOf = (name: string): CelType => simple("param", name);
/** A type with members only through functions: `kubernetes.Quantity`, `net.IP`. */
export const opaqueOf = (name: string): CelType => simple("opaque", name);
/** An object with declared fields. */
export const objectOf = (name: string, fields: ReadonlyMap<string, CelField>): CelType => ({
  kind: "object",
  name,
  params: [],
  fields,
});

/** Types of objects differ by where they stand, so that only what is of one schema compares. (MaybeAssignTypeName) */
export function withTypeNames(type: CelType, name: string): CelType {
  switch (type.kind) {
    case "object": {
      const fields = [...(type.fields ?? [])].map(([field, { key, type: inner }]): [string, CelField] => [
        field,
        { key, type: withTypeNames(inner, `${name}.${field}`) },
      ]);
      return { ...type, name, fields: new Map(fields) };
    }
    case "list":
      return { ...type, params: type.params.map((element) => withTypeNames(element, `${name}.@idx`)) };
    case "map":
      return {
        ...type,
        params: type.params.map((param, at) => (at === 1 ? withTypeNames(param, `${name}.@elem`) : param)),
      };
    default:
      return type;
  }
}

/** An object of which only the name is known. */
export const openObject = (name: string): CelType => ({ ...objectOf(name, new Map()), open: true });

function sized(kind: TypeKind, params: readonly CelType[], maxSize: number | undefined): CelType {
  return maxSize === undefined ? { kind, name: kind, params } : { kind, name: kind, params, maxSize };
}

/** As compile errors print it. (cel-go/checker/format.go) */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case "null":
      return "null";
    case "timestamp":
    case "duration":
      return type.kind;
    case "list":
    case "map":
    case "optional":
    case "type":
      return type.params.length > 0 ? `${type.name}(${type.params.map(formatType).join(", ")})` : type.name;
    default:
      return type.name;
  }
}

/** The types that an expression can name. */
export const NAMED_TYPES: ReadonlyMap<string, CelType> = new Map([
  ...[BOOL, BYTES, DOUBLE, INT, NULL, STRING, UINT, TIMESTAMP, DURATION].map((type) => [type.name, type] as const),
  ["list", listOf(DYN)],
  ["map", mapOf(DYN, DYN)],
  ["type", typeOf(DYN)],
  ["optional_type", optionalOf(DYN)],
]);

/** Reads a type as the tables of functions write it: `list(A)`, `map(string, int)`, one capital for a parameter. */
export function parseType(text: string): CelType {
  const open = text.indexOf("(");
  if (open >= 0) {
    const inner = splitTypes(text.slice(open + 1, -1)).map(parseType);
    const [first = DYN, second = DYN] = inner;
    switch (text.slice(0, open)) {
      case "list":
        return listOf(first);
      case "map":
        return mapOf(first, second);
      case "optional":
        return optionalOf(first);
      case "type":
        return typeOf(first);
    }
    throw new Error(`no such type: ${text}`);
  }
  if (/^[A-Z]$/.test(text)) return paramOf(text);
  const known: Record<string, CelType> = { dyn: DYN, null: NULL, timestamp: TIMESTAMP, duration: DURATION };
  return known[text] ?? NAMED_TYPES.get(text) ?? opaqueOf(text);
}

/** Splits at the commas outside parentheses. */
export function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= text.length; index++) {
    const character = text[index];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    else if ((character === "," && depth === 0) || character === undefined) {
      if (text.slice(start, index).trim()) parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return parts;
}
