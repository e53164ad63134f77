import { requestUriProblem } from "../meta/request-uri.ts";

/** URLs as Go's net/url reads them, which forgives other things than the platform's URL does. */

const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;
const BAD_PAIR = /;|%(?![0-9a-fA-F]{2})/;

const WHOLE = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?]*/;

/** Path and query of what a request asks for: of a whole URL, too, as proxies are asked. @returns undefined: answer 400 */
export function targetOf(url: string): string | undefined {
  if (url.startsWith("/")) return url;
  if (requestUriProblem(url) !== undefined) return undefined;
  const rest = url.replace(WHOLE, "");
  return rest === "" || rest.startsWith("?") ? `/${rest}` : rest;
}

/** The path, percent-decoded. Bytes that are no UTF-8 are replaced. @returns undefined for a bad escape: answer 400 */
export function pathOf(escaped: string): string | undefined {
  if (!escaped.includes("%")) return escaped;
  if (BAD_ESCAPE.test(escaped)) return undefined;
  try {
    return decodeURIComponent(escaped);
  } catch {
    const bytes = escaped.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, "latin1").toString("utf8");
  }
}

/** The query; a pair with a bad escape or a semicolon is as if it was not there. @param text what follows the `?` */
export function parseQuery(text: string): URLSearchParams {
  if (!BAD_PAIR.test(text)) return new URLSearchParams(text);
  const good = text.split("&").filter((pair) => !BAD_PAIR.test(pair));
  return new URLSearchParams(good.join("&"));
}
