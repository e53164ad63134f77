import { load } from "../load.ts";
import type { Answer } from "./http2-client.ts";
import type { Target } from "./target.ts";

/** What one kind of request costs. Times in milliseconds. */
export interface Figure {
  /** Requests, or events, a second. */
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU of the server for each, and of the load generator. */
  readonly cpu: number;
  readonly ownCpu: number;
  /** Bytes of an answer's body: the last one's. */
  readonly bytes: number;
  readonly failed: number;
}

export interface Load {
  readonly count: number;
  readonly concurrency: number;
  send(n: number): Promise<Answer>;
}

/** Sends so many requests and says what they cost both sides. */
export async function measure(target: Target, { count, concurrency, send }: Load): Promise<Figure> {
  let bytes = 0;
  const before = target.usage().cpuSeconds;
  const own = process.cpuUsage();
  const result = await load({
    count,
    concurrency,
    async send(n) {
      const answer = await send(n);
      bytes = answer.bytes;
      return { status: answer.status || 599 }; // a stream that was reset is no success
    },
  });
  const { user, system } = process.cpuUsage(own);
  const cpu = ((target.usage().cpuSeconds - before) * 1000) / count;
  return { ...result, cpu, ownCpu: (user + system) / 1000 / count, bytes };
}

const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

export function describe({ perSecond, p50, p99, cpu, ownCpu, bytes, failed }: Figure): string {
  return [
    `${perSecond >= 100 ? Math.round(perSecond).toLocaleString("en") : digits(perSecond)}/s`,
    ...(p99 > 0 ? [`p50 ${digits(p50)} p99 ${digits(p99)} ms`] : []),
    `${cpu < 0.1 ? cpu.toFixed(3) : digits(cpu)} ms CPU (client ${ownCpu < 0.1 ? ownCpu.toFixed(3) : digits(ownCpu)})`,
    ...(bytes > 20_000 ? [`${(bytes / 1e6).toFixed(2)} MB`] : []),
    ...(failed > 0 ? [`${failed} FAILED`] : []),
  ].join(" · ");
}
