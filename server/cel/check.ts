import { assignable, type Substitution, substitute } from "./assign.ts";
import { children, pathOf } from "./nodes.ts";
import type { Overload } from "./overload.ts";
import { type Declarations, Scopes } from "./scopes.ts";
import type { SourceError } from "./source-error.ts";
import type { Call, Expression, Fold, Select, StructLiteral } from "./syntax.ts";
import { constantType, moreGeneral, sameType } from "./type-relation.ts";
import {
  BOOL,
  type CelType,
  DYN,
  ERROR,
  fieldNamed,
  formatType,
  INT,
  listOf,
  mapOf,
  optionalOf,
  paramOf,
} from "./types.ts";

/** Types each node of an expression in place. @returns the type of the whole, and errors in the order of the source. */
export function check(root: Expression, declarations: Declarations): { type: CelType; errors: SourceError[] } {
  const checker = new Checker(declarations);
  const type = checker.check(root);
  checker.close(root);
  return { type: checker.resolve(type), errors: checker.errors.sort((a, b) => a.at - b.at) };
}

class Checker {
  readonly errors: SourceError[] = [];
  readonly #declarations: Declarations;
  readonly #known: Substitution = new Map();
  readonly #scopes: Scopes;
  #fresh = 0;
  /** Above zero inside the arguments of format(), whose lists may mix types. */
  #exempt = 0;
  constructor(declarations: Declarations) {
    this.#declarations = declarations;
    this.#scopes = new Scopes(declarations);
  }

  check(node: Expression): CelType {
    node.type = this.#typeOf(node);
    return node.type;
  }
  resolve = (type: CelType) => substitute(type, this.#known, true);

  /** Puts what was learnt later into the types given out before. */
  close(node: Expression): void {
    if (node.type) node.type = this.resolve(node.type);
    for (const child of children(node)) this.close(child);
  }

  #report(at: number, message: string): CelType {
    this.errors.push({ at, message });
    return ERROR;
  }
  #open = () => paramOf(`_var${this.#fresh++}`);
  #format = (type: CelType) => formatType(this.resolve(type));

  #typeOf(node: Expression): CelType {
    switch (node.kind) {
      case "constant":
        return constantType(node.value);
      case "identifier":
        return this.#scopes.lookUp(node.name) ?? this.#undeclared(node.at, node.name);
      case "select":
        return this.#select(node);
      case "call":
        return this.#call(node);
      case "list": {
        const all = node.elements.map((element) => this.check(element));
        const types = all.map((type, index) =>
          node.optional.has(index) ? this.#unwrap(type, node.elements[index]?.at ?? 0) : type,
        );
        return listOf(this.#join(types, node.elements));
      }
      case "map": {
        const keys = node.entries.map(({ key }) => this.check(key));
        const values = node.entries.map(({ value, optional }) => {
          const type = this.check(value);
          return optional ? this.#unwrap(type, value.at) : type;
        });
        const places = <K extends "key" | "value">(of: K) => node.entries.map((entry) => entry[of]);
        const key = this.#join(keys, places("key"));
        return mapOf(key, this.#join(values, places("value")));
      }
      case "struct":
        return this.#struct(node);
      case "fold":
        return this.#fold(node);
    }
  }

  #undeclared(at: number, name: string): CelType {
    return this.#report(at, `undeclared reference to '${name}' (in container '')`);
  }

  /** (cel-go/checker/checker.go checkCreateStruct) */
  #struct(node: StructLiteral): CelType {
    const struct = this.#declarations.structs?.(node.name.replace(/^\./, ""));
    if (!struct) return this.#undeclared(node.at, node.name);
    node.struct = struct;
    const { type } = struct;
    for (const { at, name, value, optional } of node.fields) {
      const given = this.check(value);
      const actual = optional ? this.#unwrap(given, value.at) : given;
      const wanted = type.open ? DYN : fieldNamed(type, name)?.type;
      const fits = wanted ? assignable(this.#known, [actual], [wanted]) : actual.kind === "dyn";
      if (fits || actual.kind === "error") continue;
      const but = `but provided type is '${this.#format(actual)}'`;
      this.#report(at, `expected type of field '${name}' is '${wanted ? this.#format(wanted) : ""}' ${but}`);
    }
    return type;
  }

  #unwrap(type: CelType, at: number): CelType {
    const actual = substitute(type, this.#known);
    if (actual.kind === "optional") return actual.params[0] ?? DYN;
    if (actual.kind === "dyn" || actual.kind === "error") return actual;
    const wanted = optionalOf(actual);
    return this.#report(at, `expected type '${this.#format(wanted)}' but found '${this.#format(actual)}'`);
  }

  /** One type for all elements: of mixed ones dyn, or an error where that is not wanted. */
  #join(types: readonly CelType[], places: readonly { readonly at: number }[]): CelType {
    let joined: CelType | undefined;
    types.forEach((type, index) => {
      if (!joined) joined = type;
      else if (assignable(this.#known, [joined], [type])) joined = moreGeneral(joined, type);
      else if (assignable(this.#known, [type], [joined])) joined = moreGeneral(type, joined);
      else if (!this.#declarations.homogeneous || this.#exempt > 0) joined = DYN;
      else {
        const text = `expected type '${this.#format(joined)}' but found '${this.#format(type)}'`;
        this.#report(places[index]?.at ?? 0, text);
      }
    });
    return joined ?? this.#open();
  }

  #select(node: Select): CelType {
    // a.b may be one variable called "a.b", or the name of a type.
    const path = pathOf(node);
    if (path && !node.test && !this.#scopes.isShadowed(path)) {
      const found = this.#scopes.lookUp(path);
      if (found) {
        node.variable = path.startsWith(".") ? path.slice(1) : path;
        return found;
      }
    }
    const operand = this.check(node.operand);
    const field = this.#field(operand, node.field, node.at);
    return node.test ? BOOL : field;
  }

  #field(operandType: CelType, name: string, at: number): CelType {
    const operand = substitute(operandType, this.#known);
    switch (operand.kind) {
      case "error":
        return ERROR;
      case "dyn":
        return DYN;
      case "param":
        assignable(this.#known, [operand], [DYN]);
        return DYN;
      case "map":
        return operand.params[1] ?? DYN;
      case "optional":
        return optionalOf(this.#field(operand.params[0] ?? DYN, name, at));
      case "object":
        if (operand.open) return DYN;
        return fieldNamed(operand, name)?.type ?? this.#report(at, `undefined field '${name}'`);
      case "opaque":
        return operand.name.startsWith("kubernetes.")
          ? this.#report(at, `unexpected failed resolution of '${operand.name}'`)
          : this.#report(at, `type '${this.#format(operand)}' does not support field selection`);
      default:
        return this.#report(at, `type '${this.#format(operand)}' does not support field selection`);
    }
  }

  #call(node: Call): CelType {
    const { functions } = this.#declarations;
    if (node.name === "_?._") {
      const [operand, field] = node.args;
      if (!operand || field?.kind !== "constant") return ERROR;
      this.check(field);
      const type = this.#field(this.check(operand), String(field.value), node.at);
      return type.kind === "optional" || type.kind === "error" ? type : optionalOf(type);
    }
    if (node.target) {
      const path = pathOf(node.target);
      const qualified = path && !this.#scopes.isShadowed(path) ? `${path}.${node.name}` : undefined;
      if (qualified && functions.has(qualified.replace(/^\./, ""))) {
        node.name = qualified.replace(/^\./, "");
        node.target = undefined;
      }
    }
    const name = node.target ? node.name : node.name.replace(/^\./, "");
    const overloads = functions.get(name);
    if (!overloads) {
      // A member function that nobody declared: upstream looks at neither its target nor its arguments' names first.
      if (node.target) this.check(node.target);
      for (const arg of node.args) this.check(arg);
      return this.#undeclared(node.at, name);
    }
    node.name = name;
    const all = node.target ? [node.target, ...node.args] : node.args;
    const exempt = name === "format" ? 1 : 0;
    this.#exempt += exempt;
    const types = all.map((arg) => this.check(arg));
    this.#exempt -= exempt;
    return this.#resolveOverload(node, overloads, types);
  }

  #resolveOverload(node: Call, overloads: readonly Overload[], types: readonly CelType[]): CelType {
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.member !== Boolean(node.target)) continue;
      const renamed: Substitution = new Map();
      const args = overload.args.map((type) => this.#instantiate(type, renamed));
      if (!assignable(this.#known, types, args)) continue;
      matching.push(overload);
      const type = substitute(this.#instantiate(overload.result, renamed), this.#known);
      if (!result) result = type;
      else if (!sameType(result, type)) result = DYN;
    }
    if (result) {
      node.overloads = matching;
      return result;
    }
    if (node.name === "_&&_" || node.name === "_||_") {
      for (const [index, type] of types.entries()) {
        if (assignable(this.#known, [type], [BOOL])) continue;
        this.#report(node.args[index]?.at ?? node.at, `expected type 'bool' but found '${this.#format(type)}'`);
      }
      return ERROR;
    }
    const shown = types.map(this.#format);
    const signature = node.target ? `${shown[0]}.(${shown.slice(1).join(", ")})` : `(${shown.join(", ")})`;
    return this.#report(node.at, `found no matching overload for '${node.name}' applied to '${signature}'`);
  }

  #instantiate(type: CelType, renamed: Substitution): CelType {
    if (type.kind === "param") {
      const found = renamed.get(type.name) ?? this.#open();
      renamed.set(type.name, found);
      return found;
    }
    return type.params.length === 0
      ? type
      : { ...type, params: type.params.map((param) => this.#instantiate(param, renamed)) };
  }

  #fold(node: Fold): CelType {
    const start = () => this.check(node.start);
    const range = substitute(this.check(node.range), this.#known);
    const accumulator = start();
    const variables = new Map<string, CelType>();
    const element = range.params[0] ?? DYN;
    if (range.kind === "list") {
      variables.set(node.variable, node.variable2 === undefined ? element : INT);
      if (node.variable2 !== undefined) variables.set(node.variable2, element);
    } else if (range.kind === "map") {
      variables.set(node.variable, element);
      if (node.variable2 !== undefined) variables.set(node.variable2, range.params[1] ?? DYN);
    } else {
      const type = range.kind === "error" ? ERROR : DYN;
      if (range.kind === "param") assignable(this.#known, [DYN], [range]);
      else if (range.kind !== "dyn" && range.kind !== "error")
        this.#report(
          node.range.at,
          `expression of type '${this.#format(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        );
      for (const name of [node.variable, node.variable2]) if (name !== undefined) variables.set(name, type);
    }
    this.#scopes.push(new Map([[node.accumulator, accumulator]]), variables);
    this.#expect(node.condition, BOOL);
    this.#expect(node.step, accumulator);
    this.#scopes.pop();
    const result = this.check(node.result);
    this.#scopes.pop();
    return result;
  }

  #expect(node: Expression, wanted: CelType): void {
    const type = this.check(node);
    if (!assignable(this.#known, [type], [wanted]))
      this.#report(node.at, `expected type '${this.#format(wanted)}' but found '${this.#format(type)}'`);
  }
}
