import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Informer, CRUD and server-side apply through fabric8's client. */
public final class Main {
  private static final String NAMESPACE = System.getenv("NAMESPACE");
  private static final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  public static void main(String[] arguments) throws Exception {
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      exercise(client);
    }
    System.out.println("java: passed");
  }

  private static void exercise(KubernetesClient client) throws InterruptedException {
    var maps = client.configMaps().inNamespace(NAMESPACE);
    try (var informer = maps.withLabel("client", "java").inform(new Reporter())) {
      exercise(maps);
    }
  }

  private static void exercise(NonNamespaceOperation<ConfigMap, ConfigMapList, Resource<ConfigMap>> maps)
      throws InterruptedException {
    ConfigMap created = maps.resource(new ConfigMapBuilder()
        .withNewMetadata().withGenerateName("java-").addToLabels("client", "java").endMetadata()
        .withData(Map.of("step", "created"))
        .build()).create();
    String name = created.getMetadata().getName();
    expect("added " + name + " created");

    ConfigMap current = new ConfigMapBuilder(maps.withName(name).get()).addToData("step", "updated").build();
    maps.resource(current).update();
    expect("updated " + name + " updated");
    ConfigMap stale = new ConfigMapBuilder(created).addToData("step", "stale").build();
    fails(409, () -> maps.resource(stale).lockResourceVersion().update());

    maps.withName(name).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"step\":\"patched\"}}");
    expect("updated " + name + " patched");

    ConfigMap applied = new ConfigMapBuilder()
        .withNewMetadata().withName(name).endMetadata()
        .withData(Map.of("step", "applied"))
        .build();
    fails(409, () -> maps.resource(applied).fieldManager("java").serverSideApply());
    maps.resource(applied).fieldManager("java").forceConflicts().serverSideApply();
    expect("updated " + name + " applied");

    var listed = maps.withLabel("client", "java").withField("metadata.name", name).list().getItems();
    check(listed.size() == 1, "the list has " + listed.size() + " items");
    maps.withName(name).delete();
    check(maps.withName(name).get() == null, "still there after its deletion");
    expect("deleted " + name + " applied");
  }

  private static void expect(String want) throws InterruptedException {
    String got = seen.poll(30, TimeUnit.SECONDS);
    check(want.equals(got), "the informer saw " + got + " instead of " + want);
  }

  private static void fails(int status, Runnable call) {
    try {
      call.run();
    } catch (KubernetesClientException error) {
      check(error.getCode() == status, error.getCode() + " instead of " + status + ": " + error.getMessage());
      return;
    }
    throw new IllegalStateException("success instead of " + status);
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) throw new IllegalStateException(otherwise);
  }

  private static final class Reporter implements ResourceEventHandler<ConfigMap> {
    @Override
    public void onAdd(ConfigMap map) {
      report("added", map);
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap map) {
      report("updated", map);
    }

    @Override
    public void onDelete(ConfigMap map, boolean finalStateUnknown) {
      report("deleted", map);
    }

    private static void report(String event, ConfigMap map) {
      seen.add(event + " " + map.getMetadata().getName() + " " + map.getData().get("step"));
    }
  }
}
