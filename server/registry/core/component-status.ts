import { request } from "node:https";
import type { ComponentCondition, ComponentStatus } from "../../../openapi/api/core.v1.ts";
import { defineKind } from "../kind.ts";

type Answer = Required<Pick<ComponentCondition, "status" | "message">>;

/** Where upstream's own components say how they are; ours say nothing there. (pkg/cluster/ports) */
const PORTS = { "controller-manager": 10_257, scheduler: 10_259 };
const TIMEOUT_MILLISECONDS = 20_000;
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ETIMEDOUT: "i/o timeout",
};

/** ComponentStatus, v1: made by asking when it is read, and never stored. (pkg/registry/core/componentstatus) */
export const componentStatus = defineKind<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  computed: {
    resource: "componentstatus",
    async list() {
      const asked = Object.entries(PORTS).map(async ([name, port]) => statusOf(name, await healthAt(port)));
      // The storage is part of this process: who can ask finds it well.
      return Promise.all([...asked, statusOf("etcd-0", { status: "True", message: "ok" })]);
    },
  },
});

function statusOf(name: string, answer: Answer): ComponentStatus {
  const conditions = [{ type: "Healthy", ...answer }];
  return { kind: "ComponentStatus", apiVersion: "v1", metadata: { name }, conditions };
}

function healthAt(port: number): Promise<Answer> {
  const url = `https://127.0.0.1:${port}/healthz`;
  return new Promise((resolve) => {
    // Their certificates are their own, as upstream takes for granted.
    const asking = request(
      url,
      { rejectUnauthorized: false, timeout: TIMEOUT_MILLISECONDS, agent: false },
      (response) => {
        let message = "";
        const { statusCode = 0 } = response;
        response.setEncoding("utf8").on("data", (text: string) => {
          if (message.length < 1024) message += text;
        });
        response.on("end", () => {
          const isWell = statusCode >= 200 && statusCode < 400;
          const failure = `HTTP probe failed with statuscode: ${statusCode}`;
          resolve(isWell ? { status: "True", message } : { status: "False", message: failure });
        });
      },
    );
    asking.on("timeout", () => asking.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
    asking.on("error", ({ message, code = "" }: NodeJS.ErrnoException) => {
      resolve({ status: "False", message: `Get "${url}": dial tcp 127.0.0.1:${port}: ${WORDS[code] ?? message}` });
    });
    asking.end();
  });
}
