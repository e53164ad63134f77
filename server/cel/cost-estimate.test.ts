import { expect, test } from "vitest";
import { compile } from "./compile.ts";
import { estimateCost } from "./cost-estimate.ts";
import { sizesOf } from "./cost-path.ts";
import { typeOfStructural } from "./structural.ts";

const text = (maxLength: number) => ({ type: "string", maxLength });
const list = (items: object, maxItems: number) => ({ type: "array", items, maxItems });
const map = (additionalProperties: object, maxProperties: number) => ({
  type: "object",
  additionalProperties,
  maxProperties,
});
const self = typeOfStructural(
  {
    type: "object",
    properties: {
      name: { type: "string" },
      short: text(10),
      en: { type: "string", enum: ["a", "bbbbb"] },
      n: { type: "integer" },
      b: { type: "boolean" },
      date: { type: "string", format: "date" },
      any: { "x-kubernetes-int-or-string": true },
      tags: { type: "array", items: { type: "string" } },
      few: list(text(20), 5),
      objs: list({ type: "object", properties: { name: text(5), tags: list(text(6), 4) } }, 10),
      mm: map(list({ type: "integer" }, 2), 3),
      m: { type: "object", additionalProperties: { type: "string" } },
    },
  },
  true,
);

/** The worst cases that apiextensions-apiserver 0.36 finds for the same schema. */
test.each([
  ["true", 0],
  ["self.n == 1", 2],
  ["has(self.name)", 1],
  ["self.name == self.short", 8],
  ["self.short == self.en", 5],
  ["self.date > timestamp('2020-01-01T00:00:00Z')", 4],
  ["self.tags.all(x, x == 'a')", 5242878],
  ["self.few.map(x, x + 'a').size() > 1", 125],
  ["self.few.filter(x, x.contains('a')).all(y, y.matches('^a+$'))", 149],
  ["self.objs.all(i, self.objs.exists_one(j, j.name == i.name))", 873],
  ["self.objs.all(i, i.tags.all(t, t == i.name))", 1663],
  ["self.mm.all(k, self.mm[k].all(x, x > 1))", 57],
  ["self.mm.all(k, v, v.sum() > 1)", 24],
  ["self.m.exists(k, v, k == v)", 2359293],
  ["self.any == 'x'", 3],
  ["[1,2].all(x, x > 0)", 21],
  ["(self.b ? self.few : self.tags).all(x, x == 'a')", 4194305],
  ["self.short.replace('a', 'bcd') == self.name", 24],
  ["self.short.split(',', 2).all(x, x == 'a')", 19],
  ["self.few.join(', ') == self.name", 86],
  ["quantity(self.short) == quantity('1')", 8],
  ["cidr(self.short).containsIP(self.name)", 314585],
  ["format.dns1123Label().validate(self.name).hasValue()", 10066340],
  ["self.?name.optMap(x, x + 'a').orValue('b') == 'c'", 1844674407370955300],
  ["self.few.sort() == ['a']", 77],
  ["self.objs.sortBy(x, x.name)[0].name == 'a'", 389],
  ["sets.contains(self.few, ['a'])", 18],
  ["strings.quote(self.name) == 'a'", 314576],
  ["self == oldSelf", 2],
])("%s costs %d at most", (rule, cost) => {
  if (!self) throw new Error("the schema has a type");
  const program = compile(rule, { variables: { self, oldSelf: self } });
  if (!program.ok) throw new Error(program.message);
  expect(estimateCost(program.expression, sizesOf(self)).max).toBe(cost);
});
