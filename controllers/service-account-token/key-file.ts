import { readFileSync } from "node:fs";
import { type TokenKey, tokenKeyFromPem } from "../../pki/service-account-key.ts";
import { type SecretTokenSubject, secretToken } from "./token.ts";

/** Signs with the key in a file, which is read when it is first needed: a new cluster is still making it. */
export function keyFile(path: string): { token(subject: SecretTokenSubject): string } {
  let key: TokenKey | undefined;
  return {
    token(subject) {
      key ??= tokenKeyFromPem(readFileSync(path, "utf8"));
      return secretToken(subject, key);
    },
  };
}
