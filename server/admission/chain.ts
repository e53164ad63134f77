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
export function admissionChain(plugins: readonly AdmissionPlugin[], context: AdmissionContext): Admission {
  const selections = new Map<string, Selected>();
  const selectedFor = ({ group, resource, operation }: AdmissionAttributes): Selected => {
    const key = `${operation} ${resource}.${group}`;
    let selected = selections.get(key);
    if (!selected) {
      selected = select(plugins, group ? `${resource}.${group}` : resource, operation);
      selections.set(key, selected);
    }
    return selected;
  };
  return {
    admit(attributes) {
      const chosen = selectedFor(attributes).admit;
      return chosen.length > 0 ? admit(chosen, attributes, context) : DONE;
    },
    validate(attributes) {
      const chosen = selectedFor(attributes).validate;
      return chosen.length > 0 ? run(chosen, "validate", attributes, context) : DONE;
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

/** Mutating plugins run once more when a webhook asks for it. */
async function admit(
  plugins: readonly AdmissionPlugin[],
  attributes: AdmissionAttributes,
  context: AdmissionContext,
): Promise<void> {
  await run(plugins, "admit", attributes, context);
  const { reinvocation } = attributes;
  if (!reinvocation?.required) return;
  reinvocation.isReinvoke = true;
  await run(plugins, "admit", attributes, context);
}

async function run(
  plugins: readonly AdmissionPlugin[],
  phase: Phase,
  attributes: AdmissionAttributes,
  context: AdmissionContext,
): Promise<void> {
  for (const plugin of plugins) {
    const answer = plugin[phase]?.(attributes, context);
    // Most plugins answer at once: no turn of the event loop for them.
    if (answer) await answer;
  }
}
