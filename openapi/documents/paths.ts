import type { Operation } from "./operation.ts";
import { NAMESPACE, type Parameter, PROXIED_PATH, pathParameter } from "./parameters.ts";

/** Parameters in the braces of a path, named after the kind that the operations there are about. */
export function pathParameters(path: string, kind: string): Parameter[] {
  const found: Parameter[] = [];
  if (path.includes("{name}")) found.push(pathParameter("name", `name of the ${kind}`));
  if (path.includes("{namespace}")) found.push(NAMESPACE);
  if (path.endsWith("/{path}")) found.push(PROXIED_PATH);
  return found;
}

/** Operations by path in order of the path, with the parameters that all of a path share taken out of them. */
export function byPath(
  operations: readonly Operation[],
): { path: string; shared: Parameter[]; operations: { operation: Operation; own: Parameter[] }[] }[] {
  const paths = new Map<string, Operation[]>();
  for (const operation of operations) paths.set(operation.path, [...(paths.get(operation.path) ?? []), operation]);
  return [...paths]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, list]) => {
      const first = list[0] as Operation; // every entry was made with one
      const inAll = first.parameters.filter((parameter) =>
        list.every(({ parameters }) => parameters.includes(parameter)),
      );
      const shared = [...pathParameters(path, first.kind?.kind ?? ""), ...inAll].sort(byName);
      const own = (operation: Operation) => operation.parameters.filter((one) => !inAll.includes(one)).sort(byName);
      return { path, shared, operations: list.map((operation) => ({ operation, own: own(operation) })) };
    });
}

function byName(a: Parameter, b: Parameter): number {
  return a.name === b.name ? (a.in < b.in ? -1 : 1) : a.name < b.name ? -1 : 1;
}
