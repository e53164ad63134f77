/** What a ConfigMap or Secret may hold, keys not counted. (core.MaxSecretSize) */
export const MAX_DATA_BYTES = 1024 * 1024;

/** Bytes that a base64 text stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length * 3) / 4 - padding;
}
