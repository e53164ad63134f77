import { createServer } from "node:http";
import request from "supertest";
import { onTestFinished } from "vitest";
import { testApp } from "./test-app.ts";

/** For tests: a test app behind a free port until the test ends. */
export function testServer(more: Parameters<typeof testApp>[0] = {}) {
  const { app } = testApp(more);
  const server = createServer((req, res) => void app.handle(req, res)).listen(0);
  onTestFinished(() => void server.close());
  return request(server);
}
