const ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";

/** @returns the annotation when it is no 32-bit integer. (GetDeletionCostFromPodAnnotations) */
export function validateDeletionCost(
  annotations: Readonly<Record<string, string>> | undefined,
): { readonly key: string; readonly value: string } | undefined {
  const value = annotations?.[ANNOTATION];
  if (value === undefined) return undefined;
  const number = Number(value);
  const valid = /^(0|-?[1-9][0-9]*|-0[0-9]*)$/.test(value) && number >= -(2 ** 31) && number < 2 ** 31;
  return valid ? undefined : { key: ANNOTATION, value };
}
