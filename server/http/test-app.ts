import { ServerRegistry } from "../registry/registry.ts";
import type { Services } from "../registry/services.ts";
import type { Clock } from "../storage/clock.ts";
import type { Storage } from "../storage/storage.ts";
import { type App, createApp } from "./app.ts";
import { type AppOptions, DEFAULTS } from "./app-options.ts";

/**
 * The real chain and handlers over the real registry, for tests: whoever `X-Test-User` names is let in, the user
 * "nobody" may do nothing, and there is no admission.
 */
export function testApp(
  storage: Storage,
  clock: Clock,
  more: Partial<AppOptions> = {},
): { app: App; registry: ServerRegistry } {
  let ids = 0;
  const registry = new ServerRegistry({
    storage,
    admission: { admit: async () => {}, validate: async () => {} },
    random: Math.random,
    clock,
    services: {} as Services, // none of the kinds in the tests needs one
  });
  const app = createApp({
    ...DEFAULTS,
    registry,
    authenticator: {
      name: "test",
      authenticate({ headers }) {
        const name = String(headers["x-test-user"] ?? "admin");
        if (name === "bad") throw new Error("bad credential");
        return { user: { name, groups: name === "admin" ? ["system:masters"] : ["system:authenticated"] } };
      },
    },
    authorizer: {
      name: "test",
      authorize: ({ user }) => ({ decision: user.name === "nobody" ? "no-opinion" : "allow", reason: "" }),
    },
    now: () => new Date(),
    random: Math.random,
    newId: () => `id-${++ids}`,
    connectors: [],
    healthChecks: [{ name: "ping", on: ["healthz", "livez", "readyz"], check: () => {} }],
    serverAddress: () => "127.0.0.1:6443",
    routes: [],
    onPanic: (error) => console.error(error),
    ...more,
  });
  return { app, registry };
}
