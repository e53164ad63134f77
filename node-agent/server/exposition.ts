/** One series of a metric, and what it is now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of the metric's name, as series of a histogram have it. */
  readonly suffix?: string;
  /** When it was looked at; undefined: now. */
  readonly at?: Date;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

function line(name: string, { labels, value, at, suffix = "" }: Sample): string {
  const list = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  return `${name}${suffix}${list.length > 0 ? `{${list.join(",")}}` : ""} ${value}${at ? ` ${at.getTime()}` : ""}`;
}

/** Metrics in Prometheus' text format; those without series are left out. */
export function exposition(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map((sample) => line(name, sample)),
    ])
    .join("\n")
    .concat("\n");
}
