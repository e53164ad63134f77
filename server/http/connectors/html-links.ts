/** Attributes that hold a URL, by element. (apimachinery/pkg/util/proxy/transport.go) */
const ATTRIBUTES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    a: ["href"],
    applet: ["codebase"],
    area: ["href"],
    audio: ["src"],
    base: ["href"],
    blockquote: ["cite"],
    body: ["background"],
    button: ["formaction"],
    command: ["icon"],
    del: ["cite"],
    embed: ["src"],
    form: ["action"],
    frame: ["longdesc", "src"],
    head: ["profile"],
    html: ["manifest"],
    iframe: ["longdesc", "src"],
    img: ["longdesc", "src", "usemap"],
    input: ["src", "usemap", "formaction"],
    ins: ["cite"],
    link: ["href"],
    object: ["classid", "codebase", "data", "usemap"],
    q: ["cite"],
    script: ["src"],
    source: ["src"],
    video: ["poster", "src"],
  }),
);
/** Comments, scripts and styles are passed over whole: what looks like a tag inside is none. */
const TOKEN =
  /<!--[\s\S]*?-->|(<(script|style)\b(?:[^>"']|"[^"]*"|'[^']*')*>)([\s\S]*?<\/\2\s*>)|<([a-z][a-z0-9]*)\b(?:[^>"']|"[^"]*"|'[^']*')*>/gi;
const ATTRIBUTE = /(\s)([a-z-]+)(\s*=\s*)("([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/** Replaces the URLs in a page; everything else stays byte by byte. */
export function rewriteLinks(html: string, rewrite: (url: string) => string): string {
  return html.replace(TOKEN, (whole: string, open?: string, raw?: string, rest?: string, plain?: string) => {
    if (open && raw && rest !== undefined) return rewriteTag(open, raw, rewrite) + rest;
    return plain ? rewriteTag(whole, plain, rewrite) : whole;
  });
}

function rewriteTag(tag: string, element: string, rewrite: (url: string) => string): string {
  const names = ATTRIBUTES.get(element.toLowerCase());
  if (!names) return tag;
  return tag.replace(
    ATTRIBUTE,
    (
      whole: string,
      space: string,
      name: string,
      equals: string,
      _value: string,
      a?: string,
      b?: string,
      c?: string,
    ) => {
      if (!names.includes(name.toLowerCase())) return whole;
      const url = (a ?? b ?? c ?? "").replaceAll("&amp;", "&");
      return `${space}${name}${equals}"${rewrite(url).replaceAll("&", "&amp;").replaceAll('"', "&#34;")}"`;
    },
  );
}
