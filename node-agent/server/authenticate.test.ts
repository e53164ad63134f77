import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { authenticate } from "./request.ts";

const client = {
  async create(_resource: string, { spec }: { spec: { token: string } }) {
    const user = { username: "system:serviceaccount:ns:prometheus", groups: ["system:serviceaccounts"] };
    return { status: spec.token === "good" ? { authenticated: true, user } : { authenticated: false } };
  },
} as unknown as Client;

test.each([
  {
    what: "a certificate",
    subject: { CN: "me", O: ["a", "b"] },
    header: undefined,
    is: { user: "me", groups: ["a", "b"] },
  },
  {
    what: "a token that is known",
    subject: undefined,
    header: "Bearer good",
    is: { user: "system:serviceaccount:ns:prometheus", groups: ["system:serviceaccounts"] },
  },
  { what: "a token that is not", subject: undefined, header: "Bearer bad", is: "Unauthorized" },
  { what: "nothing", subject: undefined, header: undefined, is: "Unauthorized" },
])("a node is shown $what", async ({ subject, header, is }) => {
  const socket = { authorized: subject !== undefined, getPeerCertificate: () => ({ subject }) };
  const request = { socket, headers: { authorization: header } } as unknown as IncomingMessage;
  expect(await authenticate(request, client).catch((error: Error) => error.message)).toEqual(is);
});
