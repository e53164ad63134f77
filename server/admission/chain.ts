import type { AdmissionObserver } from "./observer.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin, Operation } from "./plugin.ts";

type Phase = "admit" | "validate";

/** The plugins that look at one resource and operation. */
interface Selected {
  readonly admit: readonly AdmissionPlugin[];
  readonly validate: readonly AdmissionPlugin[];
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
    const selected = select(plugins, group ? `${resource}.${group}` : resource, operation);
    const groups = selections.get(operation) ?? new Map<string, Map<string, Selected>>();
    const resources = groups.get(group) ?? new Map<string, Selected>();
    selections.set(operation, groups.set(group, resources.set(resource, selected)));
    return selected;
  };
  return {
    admit(attributes) {
      const chosen = selectedFor(attributes).admit;
      if (chosen.length === 0) return DONE;
      return observed(observer, "admit", attributes, () => admit(chosen, { attributes, context, observer }));
    },
    validate(attributes) {
      const chosen = selectedFor(attributes).validate;
      if (chosen.length === 0) return DONE;
      return observed(observer, "validate", attributes, () =>
        run(chosen, "validate", { attributes, context, observer }),
      );
    },
  };
}

function select(plugins: readonly AdmissionPlugin[], resource: string, operation: Operation): Selected {
  const concerned = plugins.filter(
    (plugin) => plugin.operations.includes(operation) && (plugin.resources?.includes(resource) ?? true),
  );
  return {
    admit: concerned.filter((plugin) => plugin.admit),
    validate: concerned.filter((plugin) => plugin.validate),
  };
}

/** One request on its way through the plugins. */
interface Passage {
  readonly attributes: AdmissionAttributes;
  readonly context: AdmissionContext;
  readonly observer: AdmissionObserver | undefined;
}

async function observed(
  observer: AdmissionObserver | undefined,
  phase: Phase,
  { operation }: AdmissionAttributes,
  pass: () => Promise<void>,
): Promise<void> {
  if (!observer) return pass();
  const started = observer.clock();
  let isRejected = true;
  try {
    await pass();
    isRejected = false;
  } finally {
    observer.step(phase, operation, observer.clock() - started, isRejected);
  }
}

/** Mutating plugins run once more when a webhook or policy asks for it. */
async function admit(plugins: readonly AdmissionPlugin[], passage: Passage): Promise<void> {
  await run(plugins, "admit", passage);
  const { reinvocation } = passage.attributes;
  if (!reinvocation?.required) return;
  reinvocation.isReinvoke = true;
  await run(plugins, "admit", passage);
}

async function run(
  plugins: readonly AdmissionPlugin[],
  phase: Phase,
  { attributes, context, observer }: Passage,
): Promise<void> {
  let since = observer?.clock() ?? 0;
  for (const plugin of plugins) {
    let isRejected = true;
    try {
      const answer = plugin[phase]?.(attributes, context);
      // Most plugins answer at once: no turn of the event loop for them.
      if (answer) await answer;
      isRejected = false;
    } finally {
      if (observer) {
        const now = observer.clock();
        observer.plugin(plugin.name, phase, attributes.operation, now - since, isRejected);
        since = now;
      }
    }
  }
}
