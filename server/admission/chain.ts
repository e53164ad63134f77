import type { AdmissionObserver, Recorder } from "./observer.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin, Operation } from "./plugin.ts";

type Phase = "admit" | "validate";

/** One plugin's turn. */
interface Turn {
  readonly plugin: AdmissionPlugin;
  readonly record: Recorder | undefined;
}

/** What one phase of one resource and operation runs. */
interface Round {
  readonly turns: readonly Turn[];
  readonly record: Recorder | undefined;
}

/** The plugins that look at one resource and operation. */
interface Selected {
  readonly admit: Round;
  readonly validate: Round;
}

/** Runs the plugins in order; the first that throws rejects the request. */
export interface Admission {
  admit(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

const DONE = Promise.resolve();

/** Which plugins a request concerns is found out once for each resource and operation. (apiserver/pkg/admission/chain.go) */
export function admissionChain(
  plugins: readonly AdmissionPlugin[],
  context: AdmissionContext,
  observer?: AdmissionObserver,
): Admission {
  /** By operation, group and resource: a string of all three would be made anew for each request. */
  const selections = new Map<string, Map<string, Map<string, Selected>>>();
  const selectedFor = ({ group, resource, operation }: AdmissionAttributes): Selected => {
    const known = selections.get(operation)?.get(group)?.get(resource);
    if (known) return known;
    const selected = select(plugins, observer, group ? `${resource}.${group}` : resource, operation);
    const groups = selections.get(operation) ?? new Map<string, Map<string, Selected>>();
    const resources = groups.get(group) ?? new Map<string, Selected>();
    selections.set(operation, groups.set(group, resources.set(resource, selected)));
    return selected;
  };
  const pass = (phase: Phase, round: Round, attributes: AdmissionAttributes): Promise<void> =>
    round.turns.length === 0 ? DONE : observed(round, phase, { attributes, context, observer });
  return {
    admit: (attributes) => pass("admit", selectedFor(attributes).admit, attributes),
    validate: (attributes) => pass("validate", selectedFor(attributes).validate, attributes),
  };
}

function select(
  plugins: readonly AdmissionPlugin[],
  observer: AdmissionObserver | undefined,
  resource: string,
  operation: Operation,
): Selected {
  const concerned = plugins.filter(
    (plugin) => plugin.operations.includes(operation) && (plugin.resources?.includes(resource) ?? true),
  );
  const roundOf = (phase: Phase): Round => ({
    turns: concerned
      .filter((plugin) => plugin[phase])
      .map((plugin) => ({ plugin, record: observer?.plugin(plugin.name, phase, operation) })),
    record: observer?.step(phase, operation),
  });
  return { admit: roundOf("admit"), validate: roundOf("validate") };
}

/** One request on its way through the plugins. */
interface Passage {
  readonly attributes: AdmissionAttributes;
  readonly context: AdmissionContext;
  readonly observer: AdmissionObserver | undefined;
}

async function observed({ turns, record }: Round, phase: Phase, passage: Passage): Promise<void> {
  const { attributes, observer } = passage;
  const started = observer?.clock() ?? 0;
  let isRejected = true;
  try {
    await run(turns, phase, passage);
    // Mutating plugins run once more when a webhook or policy asks for it.
    if (phase === "admit" && attributes.reinvocation?.required) {
      attributes.reinvocation.isReinvoke = true;
      await run(turns, phase, passage);
    }
    isRejected = false;
  } finally {
    if (observer) record?.(observer.clock() - started, isRejected);
  }
}

async function run(turns: readonly Turn[], phase: Phase, { attributes, context, observer }: Passage): Promise<void> {
  let since = observer?.clock() ?? 0;
  for (const { plugin, record } of turns) {
    let isRejected = true;
    try {
      const answer = plugin[phase]?.(attributes, context);
      // Most plugins answer at once: no turn of the event loop for them.
      if (answer) await answer;
      isRejected = false;
    } finally {
      if (observer && record) {
        const now = observer.clock();
        record(now - since, isRejected);
        since = now;
      }
    }
  }
}
