import type { DeviceAttribute, DeviceConstraint } from "../../openapi/api/resource.k8s.io.v1.ts";
import type { PooledDevice } from "./pools.ts";

/** What devices of one claim must have in common, or must not, while they are being chosen. */
export interface Constraint {
  /** @returns false, and changes nothing, when this device may not join those that were added */
  add(request: string, device: PooledDevice): boolean;
  remove(request: string, device: PooledDevice): void;
}

/** The value as text, which tells types apart; undefined when the device does not have it. */
function attributeOf({ driver, device }: PooledDevice, name: string): string | undefined {
  const slash = name.indexOf("/");
  const own = name.slice(0, slash) === driver ? device.attributes?.[name.slice(slash + 1)] : undefined;
  const attribute: DeviceAttribute | undefined = device.attributes?.[name] ?? own;
  return attribute && JSON.stringify(attribute);
}

/** A request with alternatives is meant by its own name as well as by that of the alternative. */
const concerns = ({ requests = [] }: DeviceConstraint, request: string): boolean =>
  !requests.length || requests.includes(request) || requests.includes(request.split("/")[0] ?? "");

/** (matchAttributeConstraint, distinctAttributeConstraint) */
export function createConstraint(constraint: DeviceConstraint): Constraint {
  const { matchAttribute, distinctAttribute } = constraint;
  const name = matchAttribute ?? distinctAttribute ?? "";
  const chosen: string[] = [];
  return {
    add(request, device) {
      if (!concerns(constraint, request)) return true;
      const value = attributeOf(device, name);
      if (value === undefined) return false;
      const fits = matchAttribute ? chosen.every((other) => other === value) : !chosen.includes(value);
      if (fits) chosen.push(value);
      return fits;
    },
    remove(request, device) {
      if (!concerns(constraint, request)) return;
      const at = chosen.lastIndexOf(attributeOf(device, name) ?? "");
      if (at >= 0) chosen.splice(at, 1);
    },
  };
}
