import { certificateRequestFromPem } from "../../pki/certificate-request.ts";
import { type Admission, admissionChain } from "../admission/chain.ts";
import type { AdmissionObserver } from "../admission/observer.ts";
import type { ObjectWriter } from "../admission/plugin.ts";
import type { PodSecurityObserver } from "../admission/plugins/pod-security/observer.ts";
import { type PluginSelection, selectPlugins } from "../admission/plugins.ts";
import { type DialService, webhookClient } from "../admission/webhook/client.ts";
import { clusterAddress } from "../admission/webhook/service-resolver.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { Random } from "../meta/random.ts";
import type { Kind } from "../registry/kind.ts";
import type { ServerRegistry } from "../registry/registry.ts";

export interface AdmissionOptions {
  readonly registry: ServerRegistry;
  readonly writer: ObjectWriter;
  readonly authorizer: Authorizer;
  readonly selection: PluginSelection;
  readonly now: () => Date;
  readonly random: Random;
  readonly newId: () => string;
  readonly observer: AdmissionObserver;
  readonly podSecurityObserver: PodSecurityObserver;
  readonly onStop: (release: () => void) => void;
  readonly dialService: DialService;
}

/** The admission plugins, wired to the registry. @throws Error for a selection of plugins that cannot be */
export function createAdmission(options: AdmissionOptions): Admission {
  const { registry, writer, authorizer, selection, now, random, newId, observer, onStop, dialService } = options;
  const { reader, watch } = registry;
  const client = webhookClient(clusterAddress(reader), dialService);
  onStop(() => client.stop());
  const plugins = selectPlugins(selection, {
    tolerationSeconds: { notReady: 300, unreachable: 300 },
    watch,
    client,
    served: servedVersions(registry),
    newId,
    observer,
    podSecurityObserver: options.podSecurityObserver,
    onStop,
  });
  return admissionChain(
    plugins,
    {
      reader,
      writer,
      authorizer,
      now,
      random,
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      certificateSubject: (pem) => certificateRequestFromPem(pem).subject,
      resourcesOf: (group, version, kind) =>
        registry.kinds
          .filter((each) => each.group === group && each.version === version && each.kind === kind)
          .map(({ plural, namespaced }) => ({ resource: plural, namespaced })),
    },
    observer,
  );
}

/** All versions with the same store, found out once for each set of kinds. */
function servedVersions(registry: ServerRegistry) {
  const found = new Map<string, readonly Kind[]>();
  registry.onChange(() => found.clear());
  return (group: string, resource: string): readonly Kind[] => {
    const key = `${group}/${resource}`;
    let kinds = found.get(key);
    if (!kinds) {
      const store = registry.storeOf({ group, resource });
      kinds = registry.kinds.filter((kind) => registry.lookup(kind.group, kind.version, kind.plural)?.store === store);
      found.set(key, kinds);
    }
    return kinds;
  };
}
