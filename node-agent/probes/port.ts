import type { Container } from "../../openapi/api/core.v1.ts";

/** The number behind a probe's port, which may name one of the container's. @throws Error when there is no such port */
export function portOf(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port);
  if (named) return named.containerPort;
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65536) return number;
  throw new Error(`couldn't find port: ${port}`);
}
