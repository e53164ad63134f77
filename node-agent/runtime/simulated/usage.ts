import type { Clock } from "../../../client/index.ts";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { ContainerConfig, ContainerStats, RunningContainer } from "../runtime.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import { parseUsageCurve, type UsageCurve } from "./usage-curve.ts";

/**
 * Annotations of Pods that say what their containers use, from their start on: `usage.inkube.dev/cpu` and `/memory` for
 * each container, `usage.inkube.dev/cpu.NAME` for one. Texts are those of parseUsageCurve.
 */
const PREFIX = "usage.inkube.dev/";
/** Of containers that neither annotations nor their image say anything about. */
const IDLE = { cpu: "1m", memory: "8Mi" };

type Resource = keyof typeof IDLE;

/** Meters what simulated containers use. */
export interface UsageMeters {
  /** @throws Error when an annotation makes no sense */
  check(config: ContainerConfig): void;
  started(config: ContainerConfig, container: RunningContainer): void;
  /** @param pods as they are now: their annotations may have changed since the start */
  read(pods: readonly Pod[]): ContainerStats[];
}

interface Meter {
  readonly config: ContainerConfig;
  readonly startedAt: Date;
  curves: Record<Resource, UsageCurve>;
  texts: string;
  readAt: number;
  /** Cores times milliseconds so far. */
  cpu: number;
}

/** Curves are integrated when somebody looks: meters that nobody reads cost nothing. */
export function usageMeters(clock: Clock, images: Pick<ImageCatalog, "definitionOf">): UsageMeters {
  const meters = new Map<RunningContainer, Meter>();
  return {
    check: (config) => void curvesOf(config, config.pod, images),
    started(config, container) {
      const { startedAt } = container;
      const curves = curvesOf(config, config.pod, images);
      const texts = textsOf(config, config.pod).join();
      meters.set(container, { config, startedAt, curves, texts, readAt: 0, cpu: 0 });
      void container.exited.finally(() => meters.delete(container));
    },
    read(pods) {
      const now = clock.now();
      const current = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
      return [...meters.values()].map((meter) => {
        const { config, startedAt } = meter;
        const age = now.getTime() - startedAt.getTime();
        meter.cpu += meter.curves.cpu.between(meter.readAt, age);
        meter.readAt = age;
        follow(meter, current.get(config.pod.metadata.uid) ?? config.pod, images);
        return {
          podUid: config.pod.metadata.uid ?? "",
          container: config.container.name,
          startedAt,
          at: now,
          cpuNanoSeconds: Math.round(meter.cpu * 1e6),
          workingSetBytes: Math.round(meter.curves.memory.at(age)),
        };
      });
    },
  };
}

/** What is used from now on, should the annotations have changed. Those that make no sense change nothing. */
function follow(meter: Meter, pod: Pod, images: Pick<ImageCatalog, "definitionOf">): void {
  const texts = textsOf(meter.config, pod).join();
  if (texts === meter.texts) return;
  meter.texts = texts;
  try {
    meter.curves = curvesOf(meter.config, pod, images);
  } catch {
    // as before
  }
}

const RESOURCES: readonly Resource[] = ["cpu", "memory"];

function annotationOf(pod: Pod, container: string, resource: Resource): [key: string, text: string] | undefined {
  const { annotations = {} } = pod.metadata;
  return [`${PREFIX}${resource}.${container}`, PREFIX + resource].flatMap((key): [string, string][] => {
    const text = annotations[key];
    return text === undefined ? [] : [[key, text]];
  })[0];
}

const textsOf = ({ container }: ContainerConfig, pod: Pod) =>
  RESOURCES.map((resource) => annotationOf(pod, container.name, resource)?.[1]);

function curvesOf(
  { container }: ContainerConfig,
  pod: Pod,
  images: Pick<ImageCatalog, "definitionOf">,
): Record<Resource, UsageCurve> {
  const curveOf = (resource: Resource): UsageCurve => {
    const [key, text] = annotationOf(pod, container.name, resource) ?? [];
    if (key === undefined || text === undefined)
      return parseUsageCurve(images.definitionOf(container.image ?? "")?.[resource] ?? IDLE[resource]);
    try {
      return parseUsageCurve(text);
    } catch (error) {
      throw new Error(`annotation ${key}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  };
  return { cpu: curveOf("cpu"), memory: curveOf("memory") };
}
