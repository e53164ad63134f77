import { expect, test } from "vitest";
import { rewriteLinks } from "./html-links.ts";
import { joinPath, rewriteUrl } from "./rewrite-url.ts";

const prepend = "/api/v1/namespaces/n/services/s/proxy";
const rewriting = { prepend, backend: "10.0.0.1:80", host: "localhost:8001" };

test.each([
  ["/login", `${prepend}/login`],
  ["/dir/?a=1#x", `${prepend}/dir/?a=1#x`],
  ["login", "login"],
  [`${prepend}/login`, `${prepend}/login`],
  ["http://10.0.0.1:80/login", `${prepend}/login`],
  ["http://localhost:8001/login", `http://localhost:8001${prepend}/login`],
  ["https://example.com/login", "https://example.com/login"],
])("%s becomes %s", (url, expected) => {
  expect(rewriteUrl(url, rewriting)).toBe(expected);
});

test.each([
  [["/a", "b/"], "/a/b/"],
  [["", "/x//y"], "/x/y"],
  [["/a/b", "../c"], "/a/c"],
  [["/a", ""], "/a"],
])("%j joins to %s", (elements, expected) => {
  expect(joinPath(...elements)).toBe(expected);
});

test.each([
  ['<a href="/x">y</a>', '<a href="P/x">y</a>'],
  ["<img alt=/x src=/y.png>", '<img alt=/x src="P/y.png">'],
  ['<a title="/x">', '<a title="/x">'],
  ['<!-- <a href="/x"> -->', '<!-- <a href="/x"> -->'],
  ["<script src='/s.js'>'<a href=\"/x\">'</script>", '<script src="P/s.js">\'<a href="/x">\'</script>'],
  ['<form action="/f?a=1&amp;b=2">', '<form action="P/f?a=1&amp;b=2">'],
])("%s becomes %s", (html, expected) => {
  expect(rewriteLinks(html, (url) => `P${url}`)).toBe(expected);
});
