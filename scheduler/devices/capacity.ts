import { binaryQuantity, quantity } from "../../client/index.ts";
import type { CapacityRequestPolicyRange, DeviceCapacity } from "../../openapi/api/resource.k8s.io.v1.ts";

/** What is wanted of each capacity of a device, by name. */
export type Wanted = Readonly<Record<string, string>>;
type Capacities = Readonly<Record<string, DeviceCapacity>>;

/** What users of shared devices take of their capacities: amounts by capacity, by device. */
export class CapacityInUse {
  readonly #byDevice = new Map<string, { users: number; amounts: Map<string, number> }>();

  /** Whether anybody shares the device. */
  has(deviceId: string): boolean {
    return this.#byDevice.has(deviceId);
  }

  amount(deviceId: string, capacity: string): number {
    return this.#byDevice.get(deviceId)?.amounts.get(capacity) ?? 0;
  }

  add(deviceId: string, consumed: Wanted): void {
    const known = this.#byDevice.get(deviceId) ?? { users: 0, amounts: new Map<string, number>() };
    this.#byDevice.set(deviceId, known);
    known.users++;
    for (const [name, value] of Object.entries(consumed))
      known.amounts.set(name, (known.amounts.get(name) ?? 0) + quantity(value));
  }

  remove(deviceId: string, consumed: Wanted): void {
    const known = this.#byDevice.get(deviceId);
    if (!known) return;
    if (--known.users === 0) this.#byDevice.delete(deviceId);
    for (const [name, value] of Object.entries(consumed))
      known.amounts.set(name, (known.amounts.get(name) ?? 0) - quantity(value));
  }
}

/**
 * What of each capacity a request takes, rounded up as the device's policies want it; all of a capacity that is neither
 * named nor has a default. (consumable_capacity.go GetConsumedCapacityFromRequest)
 */
export function consumedCapacity(wanted: Wanted, capacities: Capacities): Record<string, string> {
  return Object.fromEntries(
    Object.entries(capacities).map(([name, capacity]) => [name, consumed(wanted[name], capacity)]),
  );
}

function consumed(wanted: string | undefined, { value, requestPolicy: policy }: DeviceCapacity): string {
  if (wanted === undefined) return policy?.default ?? value;
  if (policy?.validRange?.min !== undefined) return roundedUp(wanted, policy.validRange, policy.validRange.min);
  return policy?.validValues?.find((valid) => quantity(wanted) <= quantity(valid)) ?? wanted;
}

function roundedUp(wanted: string, { step }: CapacityRequestPolicyRange, min: string): string {
  if (quantity(wanted) < quantity(min)) return min;
  if (step === undefined) return wanted;
  const steps = Math.ceil((quantity(wanted) - quantity(min)) / quantity(step));
  return binaryQuantity(quantity(min) + steps * quantity(step));
}

/**
 * Whether a device has that much left, in amounts that it gives. Also asked of devices that nobody shares: then it is
 * the least that they must have. (consumable_capacity.go CmpRequestOverCapacity)
 */
export function hasCapacity(wanted: Wanted, capacities: Capacities, inUse: (capacity: string) => number): boolean {
  if (Object.keys(wanted).some((name) => !capacities[name])) return false;
  return Object.entries(consumedCapacity(wanted, capacities)).every(([name, amount]) => {
    const capacity = capacities[name];
    if (!capacity || violatesPolicy(amount, capacity)) return false;
    return inUse(name) + quantity(amount) <= quantity(capacity.value);
  });
}

function violatesPolicy(amount: string, { requestPolicy: policy }: DeviceCapacity): boolean {
  if (!policy || amount === policy.default) return false;
  const { validRange, validValues } = policy;
  if (validRange) {
    const { min, max, step } = validRange;
    if (max !== undefined && quantity(amount) > quantity(max)) return true;
    return step !== undefined && (quantity(amount) - quantity(min ?? 0)) % quantity(step) !== 0;
  }
  return Boolean(validValues?.length) && !validValues?.some((valid) => quantity(valid) === quantity(amount));
}
