import type { HttpHandler } from "./http-server.ts";

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is answered by a simulated container.</p>
</body>
</html>
`;
const WORKS = "<html><body><h1>It works!</h1></body></html>\n";

const page = (server: string, body: string): HttpHandler => {
  return (request, response) => {
    const path = new URL(request.url ?? "/", "http://pod").pathname;
    const found = path === "/" || path === "/index.html";
    const content = found
      ? body
      : `<html>\n<head><title>404 Not Found</title></head>\n<body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>${server}</center>\n</body>\n</html>\n`;
    response.writeHead(found ? 200 : 404, { Server: server, "Content-Type": "text/html" });
    response.end(request.method === "HEAD" ? undefined : content);
  };
};

/** What well-known servers answer on their ports. */
export const nginxPage: HttpHandler = page("nginx/1.27.0", WELCOME);
export const httpdPage: HttpHandler = page("Apache/2.4.62 (Unix)", WORKS);

/** Images without known behaviour are taken for servers that are well, on any port. */
export const defaultPage: HttpHandler = (_request, response) => {
  response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
  response.end("ok\n");
};
