/**
 * A header's value as text. Node reads each byte as a character, but clients write names of users in UTF-8, as Go does.
 * What is no UTF-8 stays as it is.
 */
export function headerText(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: plain ASCII, by far the most, is left alone
  if (/^[\u0000-\u007f]*$/.test(value)) return value;
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\ufffd") ? value : text;
}

/** What `headerText` reads: UTF-8, each byte a character, since Node takes no other ones in a header. */
export const headerBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/** The key in the name of a header, as `impersonate-extra-`. One that is not properly escaped is taken as it is. */
export function unescapeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
