import { CONVERSIONS, folded, isConstant } from "./constant.ts";
import { LIST_CREATE, MAP_CREATE, STRUCT_CREATE } from "./cost.ts";
import { attempt, bool, charge, type Frame, type Step } from "./frame.ts";
import { invoke, logic, notStrictlyFalse } from "./invoke.ts";
import { index, keyText, optionalIndex } from "./library/access.ts";
import type { Call, Expression, Fold, ListLiteral, MapLiteral, Select, StructLiteral } from "./syntax.ts";
import { type CelType, NAMED_TYPES } from "./types.ts";
import { hasUnordered, inOrder } from "./unordered.ts";
import {
  CelError,
  CelMap,
  fail,
  fromTyped,
  isList,
  isMap,
  isOfType,
  mapEntries,
  mapGet,
  NONE,
  noSuchOverload,
  Optional,
  Struct,
  TypeValue,
  type Value,
} from "./values.ts";

/** Turns a checked expression into closures. Costs are counted as cel-go's cost tracker observes the same program. */
export function plan(root: Expression): { step: Step; slots: number } {
  const planner = new Planner();
  return { step: planner.plan(root), slots: planner.slots };
}

/** What cel-go plans as one attribute: a name and what follows it. Another operand costs one more to begin with. */
const isAttribute = (node: Expression): boolean =>
  node.kind === "identifier" ||
  node.kind === "select" ||
  (node.kind === "call" && ["_[_]", "_[?_]", "_?._", "_?_:_"].includes(node.name));

class Planner {
  slots = 0;
  readonly #scopes: Map<string, number>[] = [];

  plan(node: Expression): Step {
    switch (node.kind) {
      case "constant": {
        const { value } = node;
        return () => value;
      }
      case "identifier":
        return this.#variable(node.name, node.type);
      case "select":
        return node.variable === undefined ? this.#select(node) : this.#variable(node.variable, node.type);
      case "call":
        return this.#call(node);
      case "list":
        return this.#list(node);
      case "map":
        return this.#map(node);
      case "fold":
        return this.#fold(node);
      case "struct":
        return this.#struct(node);
    }
  }

  #struct({ name, fields, struct }: StructLiteral): Step {
    if (!struct) return () => fail(`unknown type '${name}'`);
    const steps = fields.map((field) => ({ ...field, step: this.plan(field.value) }));
    return (frame) => {
      const values = new Map<string, Value>();
      for (const { name: field, optional, step } of steps) {
        const value = step(frame);
        if (!optional) values.set(field, value);
        else if (!(value instanceof Optional)) return noSuchOverload();
        else if (value.value !== undefined) values.set(field, value.value);
      }
      const made = struct.create(values);
      charge(frame, STRUCT_CREATE);
      return made;
    };
  }

  #variable(name: string, type: CelType | undefined): Step {
    for (let depth = this.#scopes.length - 1; depth >= 0; depth--) {
      const slot = this.#scopes[depth]?.get(name);
      if (slot === undefined) continue;
      return (frame) => {
        charge(frame, 1);
        const value = frame.slots[slot] ?? null;
        if (value instanceof CelError) throw value;
        return value;
      };
    }
    const plain = name.replace(/^\./, "");
    if (type?.kind === "type" && (NAMED_TYPES.has(plain) || type.params[0]?.kind === "object")) {
      const value = new TypeValue(plain);
      return () => value;
    }
    return (frame) => {
      charge(frame, 1);
      if (!Object.hasOwn(frame.variables, plain)) return fail(`no such attribute(s): ${plain}`);
      return fromTyped(frame.variables[plain], type);
    };
  }

  #select(node: Select): Step {
    const operand = this.plan(node.operand);
    const key = node.operand.type?.fields?.get(node.field)?.key ?? node.field;
    if (node.test)
      return (frame) => {
        const container = operand(frame);
        if (container instanceof Optional) return optionalIndex(container, key).value !== undefined;
        if (container instanceof Struct) return container.fields.has(key);
        return isMap(container) ? isPresent(mapGet(container, key), node) : noSuchOverload();
      };
    const cost = isAttribute(node.operand) ? 1 : 2;
    const { type } = node;
    return (frame) => {
      const container = operand(frame);
      charge(frame, cost);
      if (container instanceof Optional) return optionalIndex(container, key);
      if (container instanceof Struct) return container.fields.get(key) ?? fail(`no such key: ${key}`);
      if (!isMap(container)) return fail(`no such key: ${key}`);
      const value = mapGet(container, key);
      return isPresent(value, node) ? fromTyped(value, type) : fail(`no such key: ${key}`);
    };
  }

  #call(node: Call): Step {
    const operands = node.target ? [node.target, ...node.args] : node.args;
    const steps = operands.map((operand) => this.plan(operand));
    const [first, second, third] = steps;
    if (first && second && third && node.name === "_?_:_")
      return (frame) => (bool(first(frame)) ? second(frame) : third(frame));
    if (first && second && (node.name === "_&&_" || node.name === "_||_"))
      return logic(first, second, node.name === "_||_");
    if (first && node.name === "@not_strictly_false") return notStrictlyFalse(first);
    if (first && second && (node.name === "_[_]" || node.name === "_[?_]" || node.name === "_?._")) {
      const read = node.name === "_[_]" ? index : optionalIndex;
      const cost = operands[0] && isAttribute(operands[0]) ? 1 : 2;
      const { type } = node;
      const inner = type?.kind === "optional" ? type.params[0] : undefined;
      const key = this.#fieldKey(node);
      const isField = node.name === "_?._" && operands[0]?.type?.kind === "object";
      return (frame) => {
        const container = first(frame);
        const at = key ?? second(frame);
        charge(frame, cost);
        if (container instanceof Optional || read === optionalIndex) {
          const found = optionalIndex(container, at);
          if (found.value === null && isField) return NONE;
          return found.value === undefined ? found : new Optional(fromTyped(found.value, inner));
        }
        return fromTyped(read(container, at), type);
      };
    }
    if (first && second && node.overloads?.length === 1 && (node.name === "or" || node.name === "orValue")) {
      const whole = node.name === "or";
      return (frame) => {
        const optional = first(frame);
        if (!(optional instanceof Optional)) return noSuchOverload();
        charge(frame, 1);
        if (optional.value === undefined) return second(frame);
        return whole ? optional : optional.value;
      };
    }
    if (first && second && (node.name === "_==_" || node.name === "_!=_") && hasUnordered(operands[0]?.type)) {
      const sorted = [first, second].map(
        (step, at): Step =>
          (frame) =>
            inOrder(step(frame), operands[at]?.type),
      );
      return invoke(node, sorted, false);
    }
    // Conversions of what is written out are made once, which the cost tracker does not see.
    const [argument] = node.args;
    if (CONVERSIONS.has(node.name) && !node.target && argument?.kind === "constant") {
      return folded(invoke(node, steps, true));
    }
    const [, list] = operands;
    // A list of constants is looked up, which the cost tracker does not see.
    const free = node.name === "@in" && list?.kind === "list" && list.elements.every(({ kind }) => kind === "constant");
    return invoke(node, steps, free);
  }

  /** The name in JSON of the field that `a.?b` names. */
  #fieldKey(node: Call): string | undefined {
    const [operand, field] = node.args;
    if (node.name !== "_?._" || field?.kind !== "constant") return undefined;
    const type = operand?.type?.kind === "optional" ? operand.type.params[0] : operand?.type;
    return type?.fields?.get(String(field.value))?.key ?? String(field.value);
  }

  #list(node: ListLiteral): Step {
    const elements = node.elements.map((element) => this.plan(element));
    const constant = node.optional.size === 0 && node.elements.every(isConstant);
    const make = (frame: Frame) => {
      const values: Value[] = [];
      elements.forEach((element, at) => {
        const value = element(frame);
        if (!node.optional.has(at)) values.push(value);
        else if (!(value instanceof Optional)) noSuchOverload();
        else if (value.value !== undefined) values.push(value.value);
      });
      return values;
    };
    if (constant) return folded(make);
    return (frame) => {
      const values = make(frame);
      charge(frame, LIST_CREATE);
      return values;
    };
  }

  #map(node: MapLiteral): Step {
    const entries = node.entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }));
    const constant = node.entries.every(
      ({ key, value, optional }) => !optional && isConstant(key) && isConstant(value),
    );
    const make = (frame: Frame) => {
      const map = new CelMap();
      for (const entry of entries) {
        const key = entry.key(frame);
        if (!["string", "int", "uint", "bool"].some((kind) => isOfType(key, NAMED_TYPES.get(kind) as CelType)))
          fail(`unsupported key type: ${keyText(key)}`);
        let value = entry.value(frame);
        if (entry.optional) {
          if (!(value instanceof Optional)) return noSuchOverload();
          if (value.value === undefined) continue;
          value = value.value;
        }
        if (map.has(key)) fail(`Failed with repeated key: ${keyText(key)}`);
        map.set(key, value);
      }
      return map;
    };
    if (constant) return folded(make);
    return (frame) => {
      const map = make(frame);
      charge(frame, MAP_CREATE);
      return map;
    };
  }

  #fold(node: Fold): Step {
    const range = this.plan(node.range);
    const start = this.plan(node.start);
    const [result, first, second] = [this.slots++, this.slots++, this.slots++];
    const outer = new Map([[node.accumulator, result]]);
    const inner = new Map([[node.variable, first]]);
    if (node.variable2 !== undefined) inner.set(node.variable2, second);
    this.#scopes.push(outer, inner);
    const condition = this.plan(node.condition);
    const step = this.plan(node.step);
    this.#scopes.pop();
    const end = this.plan(node.result);
    this.#scopes.pop();
    const pairs = node.variable2 !== undefined;
    const [keyType, valueType] =
      node.range.type?.kind === "map" ? node.range.type.params : [undefined, node.range.type?.params[0]];
    const turn = (frame: Frame, key: Value, value: Value): boolean => {
      frame.slots[first] = key;
      frame.slots[second] = value;
      if (!bool(condition(frame))) return false;
      frame.slots[result] = attempt(step, frame);
      return true;
    };
    return (frame) => {
      const container = range(frame);
      frame.slots[result] = attempt(start, frame);
      if (isList(container)) {
        for (let at = 0; at < container.length; at++) {
          const element = fromTyped(container[at], valueType);
          if (!turn(frame, pairs ? at : element, element)) break;
        }
      } else if (isMap(container)) {
        for (const { key, value } of mapEntries(container))
          if (!turn(frame, fromTyped(key, keyType), fromTyped(value, valueType))) break;
      } else return noSuchOverload();
      return end(frame);
    };
  }
}

/** A field that a schema declares is as good as absent when null. (apiserver/pkg/cel/common/valuesunstructured.go Find) */
const isPresent = (value: Value | undefined, { operand }: Select): value is Value =>
  value !== undefined && !(value === null && operand.type?.kind === "object" && !operand.type.keepsNull);
