/** What is written and read, as large as such objects are: a Pod of some 3 KB as it is listed, a ConfigMap of 1 KB. */

export const namespace = "bench";
export const pods = `/api/v1/namespaces/${namespace}/pods`;
export const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;

/** One in so many Pods has the same label `group`. */
export const GROUPS = 50;

export const pod = (name: string, n: number) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    labels: { app: "bench", group: String(n % GROUPS), "pod-template-hash": "5d4f8c7b9" },
    annotations: { "bench.example.com/config": "x".repeat(300) },
  },
  spec: {
    containers: [
      {
        name: "server",
        image: "registry.example.com/bench/server:1.2.3",
        args: ["--listen=:8080", "--metrics=:9090", `--shard=${n}`],
        env: Array.from({ length: 4 }, (_, i) => ({ name: `SETTING_${i}`, value: `value of setting ${i}` })),
        ports: [{ name: "http", containerPort: 8080 }],
        resources: { requests: { cpu: "1m", memory: "16Mi" }, limits: { memory: "64Mi" } },
        readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5 },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    ],
    volumes: [{ name: "data", emptyDir: {} }],
  },
});

export const configMap = (name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data: { data: "x".repeat(1000) },
});
