import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { isIPv4, parseIp } from "../../meta/ip.ts";

/** Refuses addresses that no endpoint can have. (ValidateEndpointIP of pkg/apis/core/validation) */
export function validateEndpointIp(value: string, field: string): FieldError[] {
  const ip = parseIp(value);
  if (!ip) return [fieldInvalid(field, value, "must be a valid IP address")];
  const v4 = isIPv4(ip);
  const bytes = v4 ? ip.bytes.slice(12) : ip.bytes;
  const [first = 0, second = 0, third = 0] = bytes;
  const zerosUpTo = (end: number) => bytes.slice(0, end).every((byte) => byte === 0);
  const wrong = [
    [zerosUpTo(bytes.length), `may not be unspecified (${value})`],
    [v4 ? first === 127 : zerosUpTo(15) && bytes[15] === 1, "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
    [
      v4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80,
      "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
    ],
    [
      v4 ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 2,
      "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
    ],
  ] as const;
  return wrong.filter(([isWrong]) => isWrong).map(([, detail]) => fieldInvalid(field, value, detail));
}
