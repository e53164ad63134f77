import type { TokenAuthenticator, UserInfo } from "./authenticator.ts";

/** Fixed tokens. (apiserver/pkg/authentication/token/tokenfile) */
export function staticTokenAuthenticator(name: string, tokens: ReadonlyMap<string, UserInfo>): TokenAuthenticator {
  return {
    name,
    authenticateToken(token) {
      const user = tokens.get(token);
      return user && { user };
    },
  };
}

/** `--token-auth-file`: lines of `token,user,uid,"group1,group2"`. @throws Error for a line with fewer than 3 columns */
export function readTokenFile(text: string, path: string): Map<string, UserInfo> {
  const tokens = new Map<string, UserInfo>();
  for (const record of csvRecords(text)) {
    const [token = "", name = "", uid = "", groups] = record;
    if (record.length < 3) {
      const columns = "must have at least 3 columns (token, user name, user uid)";
      throw new Error(`token file '${path}' ${columns}, found ${record.length}`);
    }
    if (!token) continue;
    tokens.set(token, { name, ...(uid && { uid }), groups: groups === undefined ? [] : groups.split(",") });
  }
  return tokens;
}

/** RFC 4180; blank lines are skipped. */
function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  while (field.lastIndex < text.length) {
    const [whole, quoted, plain = "", end] = field.exec(text) ?? [];
    if (whole === undefined) throw new Error('bare " in non-quoted field');
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") {
      // A comma at the very end opens one more, empty field.
      if (field.lastIndex === text.length) record.push("");
      else continue;
    }
    if (record.length > 1 || record[0]) records.push(record);
    record = [];
  }
  if (record.length) records.push(record);
  return records;
}
