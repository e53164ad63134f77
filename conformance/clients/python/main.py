"""Informer (list and watch), CRUD and server-side apply through the official Python client."""

import os
import queue
import threading

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException

LABEL = "client=python"
NAMESPACE = os.environ["NAMESPACE"]


def follow(api, seen):
    """Lists, then watches from the list's revision, as an informer does."""
    version = api.list_namespaced_config_map(NAMESPACE, label_selector=LABEL).metadata.resource_version
    seen.put("synced")
    stop = watch.Watch()
    for event in stop.stream(
        api.list_namespaced_config_map, NAMESPACE, label_selector=LABEL, resource_version=version, timeout_seconds=60
    ):
        config_map = event["object"]
        seen.put(f"{event['type']} {config_map.metadata.name} {config_map.data['step']}")
        if event["type"] == "DELETED":
            stop.stop()


def fails(status, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except ApiException as error:
        assert error.status == status, f"{error.status} instead of {status}: {error.body}"
        return
    raise AssertionError(f"{call.__name__} succeeded instead of failing with {status}")


def main():
    config.load_kube_config(os.environ["KUBECONFIG"])
    api = client.CoreV1Api()
    seen = queue.Queue()
    threading.Thread(target=follow, args=(client.CoreV1Api(), seen), daemon=True).start()

    def expect(want):
        got = seen.get(timeout=30)
        assert got == want, f"the informer saw {got!r} instead of {want!r}"

    expect("synced")
    metadata = client.V1ObjectMeta(generate_name="python-", labels={"client": "python"})
    created = api.create_namespaced_config_map(
        NAMESPACE, client.V1ConfigMap(metadata=metadata, data={"step": "created"})
    )
    name = created.metadata.name
    expect(f"ADDED {name} created")

    current = api.read_namespaced_config_map(name, NAMESPACE)
    current.data["step"] = "updated"
    api.replace_namespaced_config_map(name, NAMESPACE, current)
    expect(f"MODIFIED {name} updated")
    fails(409, api.replace_namespaced_config_map, name, NAMESPACE, created)

    api.patch_namespaced_config_map(name, NAMESPACE, {"data": {"step": "patched"}})
    expect(f"MODIFIED {name} patched")

    apply = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"step": "applied"}}
    options = {"field_manager": "python", "_content_type": "application/apply-patch+yaml"}
    fails(409, api.patch_namespaced_config_map, name, NAMESPACE, apply, **options)
    api.patch_namespaced_config_map(name, NAMESPACE, apply, force=True, **options)
    expect(f"MODIFIED {name} applied")

    listed = api.list_namespaced_config_map(
        NAMESPACE, label_selector=LABEL, field_selector=f"metadata.name={name}", limit=10
    )
    assert [item.metadata.name for item in listed.items] == [name]
    api.delete_namespaced_config_map(name, NAMESPACE)
    fails(404, api.read_namespaced_config_map, name, NAMESPACE)
    expect(f"DELETED {name} applied")
    print("python: passed")


main()
