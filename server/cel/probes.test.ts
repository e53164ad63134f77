import { expect, test } from "vitest";
import { compile } from "./compile.ts";
import { type CelType, DOUBLE, INT, listOf, mapOf, objectOf, STRING } from "./types.ts";

/** A spec declared to the rules below, as its CRD declared it to kube-apiserver 1.36.2. */
const object = (fields: Record<string, CelType>, keys: Record<string, string> = {}) =>
  objectOf("object", new Map(Object.entries(fields).map(([name, type]) => [name, { key: keys[name] ?? name, type }])));
const spec = object(
  {
    replicas: INT,
    minReplicas: INT,
    maxReplicas: INT,
    name: STRING,
    missing: STRING,
    cpu: STRING,
    mem: STRING,
    tags: listOf(STRING),
    labels: mapOf(STRING, STRING),
    url: STRING,
    ip: STRING,
    cidr: STRING,
    created: STRING,
    ttl: STRING,
    ports: listOf(object({ name: STRING, port: INT, protocol: STRING })),
    __namespace__: STRING,
    foo__dash__bar: STRING,
    weight: DOUBLE,
  },
  { __namespace__: "namespace", foo__dash__bar: "foo-bar" },
);
const self = {
  spec: {
    replicas: 3,
    minReplicas: 1,
    maxReplicas: 5,
    name: "web",
    cpu: "500m",
    mem: "1Gi",
    tags: ["a", "b", "c"],
    labels: { app: "web", "my-label": "x" },
    url: "https://example.com:8080/p?q=1",
    ip: "10.0.0.5",
    cidr: "10.0.0.0/24",
    created: "2024-01-01T00:00:00Z",
    ttl: "1h30m",
    ports: [
      { name: "http", port: 80, protocol: "TCP" },
      { name: "https", port: 443, protocol: "TCP" },
    ],
    namespace: "x",
    "foo-bar": "y",
    weight: 2.5,
  },
};

/** What kube-apiserver 1.36.2 made of each rule: true, refused at once, or failed at run time. */
test.each([
  {
    group: "core",
    expression: "self.spec.minReplicas <= self.spec.replicas && self.spec.replicas <= self.spec.maxReplicas",
    want: true,
  },
  { group: "core", expression: "has(self.spec.name) && !has(self.spec.missing)", want: true },
  { group: "macro", expression: "self.spec.ports.all(p, self.spec.ports.exists_one(q, q.name == p.name))", want: true },
  { group: "macro", expression: "self.spec.tags.filter(t, t != 'a').map(t, t + '!') == ['b!', 'c!']", want: true },
  { group: "macro", expression: "self.spec.labels.all(k, k.size() < 10) && 'app' in self.spec.labels", want: true },
  { group: "core", expression: "self.spec.labels['my-label'] == 'x'", want: true },
  {
    group: "k8s-regex",
    expression: "'abc 123 def 456'.find('[0-9]+') == '123' && '123 abc 456'.findAll('[0-9]+') == ['123','456']",
    want: true,
  },
  {
    group: "k8s-lists",
    expression:
      "self.spec.tags.isSorted() && [1,3].sum() == 4 && [3,1].min() == 1 && self.spec.tags.indexOf('b') == 1 && ['a','b','b'].lastIndexOf('b') == 2",
    want: true,
  },
  {
    group: "k8s-quantity",
    expression:
      "quantity(self.spec.cpu).isLessThan(quantity('1')) && quantity(self.spec.mem).compareTo(quantity('1024Mi')) == 0",
    want: true,
  },
  {
    group: "k8s-quantity",
    expression: "quantity('50k').add(quantity('20k')).asInteger() == 70000 && isQuantity('1.5Gi')",
    want: true,
  },
  {
    group: "k8s-cidr",
    expression: "cidr(self.spec.cidr).containsIP(ip(self.spec.ip)) && cidr('10.0.0.0/24').prefixLength() == 24",
    want: true,
  },
  { group: "k8s-format", expression: "!format.dns1123Label().validate('my-name').hasValue()", want: true },
  { group: "optional", expression: "self.spec.?missing.orValue('d') == 'd'", want: true },
  {
    group: "optional",
    expression: "!self.spec.labels[?'none'].hasValue() && self.spec.?name.value() == 'web'",
    want: true,
  },
  {
    group: "optional",
    expression: "{?'a': self.spec.?missing}.size() == 0 && [?self.spec.?missing, 'x'].size() == 1",
    want: true,
  },
  {
    group: "time",
    expression: "duration(self.spec.ttl) > duration('1h') && duration('90m').getMinutes() == 90",
    want: true,
  },
  {
    group: "strings",
    expression:
      "'TacoCat'.lowerAscii() == 'tacocat' && 'a,b'.split(',').size() == 2 && ['a','b'].join('-') == 'a-b' && 'hello'.substring(1,3) == 'el' && ' x '.trim() == 'x' && 'x'.replace('x','y') == 'y' && 'hello'.charAt(0) == 'h'",
    want: true,
  },
  { group: "strings", expression: "'%s-%d'.format(['a', 1]) == 'a-1'", want: true },
  {
    group: "two-var",
    expression: "self.spec.labels.all(k, v, k != v) && self.spec.tags.exists(i, v, i == 1 && v == 'b')",
    want: true,
  },
  {
    group: "two-var",
    expression: "[1,2].transformList(i, v, i + v) == [1,3] && {'a':1}.transformMap(k, v, v + 1) == {'a':2}",
    want: true,
  },
  { group: "k8s-escape", expression: "has(self.spec.namespace) && self.spec.namespace == 'x'", want: true },
  { group: "k8s-escape", expression: "self.spec.?namespace.orValue('') == 'x'", want: true },
  { group: "k8s-escape", expression: "has(self.spec.package)", want: "compile" },
  { group: "k8s-escape", expression: "self.spec.__namespace__ == 'x' && self.spec.foo__dash__bar == 'y'", want: true },
  { group: "numeric", expression: "9223372036854775807 + self.spec.replicas > 0", want: "runtime" },
  {
    group: "numeric",
    expression: "1u + 2u == 3u && uint(5) == 5u && int('42') == 42 && string(1.5) == '1.5'",
    want: true,
  },
  { group: "errors", expression: "(1 / (self.spec.replicas - 3) > 0) || true", want: true },
  { group: "bytes", expression: "b'abc'.size() == 3 && bytes('abc') == b'abc'", want: true },
  {
    group: "types",
    expression: "type(self.spec.replicas) == int && type('a') == string && type(self.spec.tags) == list",
    want: true,
  },
  { group: "check", expression: "self.spec.nosuch == 'x'", want: "compile" },
  { group: "check", expression: "1 + 'a' == 2", want: "compile" },
  { group: "check", expression: "{'a': 1, 'b': 'x'}.size() == 2", want: "compile" },
  { group: "errors", expression: "self.spec.labels['nope'] == 'x'", want: "runtime" },
  { group: "re2", expression: "'ab'.matches('a(?=b)')", want: "compile" },
  {
    group: "ternary",
    expression: "(self.spec.replicas > 1 ? 'many' : 'one') == 'many' && !(false && self.spec.labels['zzz'] == 'q')",
    want: true,
  },
  {
    group: "nested",
    expression: "self.spec.ports.all(p, p.protocol in ['TCP','UDP'] && (p.port >= 1 && p.port <= 65535))",
    want: true,
  },
  { group: "core", expression: "self.spec.ports == [{'name':'http','port':80,'protocol':'TCP'}]", want: "compile" },
  { group: "probe", expression: "cel.bind(x, 1, x + 1 == 2)", want: "compile" },
  { group: "probe", expression: "math.greatest(1, 2) == 2", want: "compile" },
  { group: "probe", expression: "'abc'.reverse() == 'cba'", want: "compile" },
  { group: "probe", expression: "[3,1,2].sort() == [1,2,3]", want: true },
])("$group: $expression ends as on the real server", ({ expression, want }) => {
  const program = compile(expression, { variables: { self: object({ spec }) } });
  if (!program.ok) return expect({ outcome: "compile", message: program.message }).toMatchObject({ outcome: want });
  const outcome = program.evaluate({ self });
  expect(outcome.ok ? outcome.value : { outcome: "runtime", message: outcome.message }).toEqual(
    want === "runtime" ? { outcome: want, message: expect.any(String) } : want,
  );
});
