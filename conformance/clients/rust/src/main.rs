//! Informer, CRUD and server-side apply through kube-rs.

use std::{collections::BTreeMap, env, pin::pin, time::Duration};

use anyhow::{Result, bail, ensure};
use futures::TryStreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
    runtime::watcher::{self, Event, watcher},
};
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

const LABEL: &str = "client=rust";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    timeout(Duration::from_secs(60), exercise()).await??;
    println!("rust: passed");
    Ok(())
}

async fn exercise() -> Result<()> {
    let client = Client::try_default().await?;
    let maps: Api<ConfigMap> = Api::namespaced(client, &env::var("NAMESPACE")?);
    let mut seen = informer(maps.clone());
    expect(&mut seen, "synced").await?;

    let created = maps
        .create(&PostParams::default(), &ConfigMap {
            metadata: ObjectMeta {
                generate_name: Some("rust-".into()),
                labels: Some(BTreeMap::from([("client".into(), "rust".into())])),
                ..Default::default()
            },
            data: Some(BTreeMap::from([("step".into(), "created".into())])),
            ..Default::default()
        })
        .await?;
    let name = created.name_any();
    expect(&mut seen, &format!("applied {name} created")).await?;

    let mut current = maps.get(&name).await?;
    current.data.get_or_insert_default().insert("step".into(), "updated".into());
    maps.replace(&name, &PostParams::default(), &current).await?;
    expect(&mut seen, &format!("applied {name} updated")).await?;
    fails(409, maps.replace(&name, &PostParams::default(), &created).await)?;

    let patch = json!({ "data": { "step": "patched" } });
    maps.patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
    expect(&mut seen, &format!("applied {name} patched")).await?;

    let apply = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "step": "applied" }
    });
    let manager = PatchParams::apply("rust");
    fails(409, maps.patch(&name, &manager, &Patch::Apply(&apply)).await)?;
    maps.patch(&name, &manager.force(), &Patch::Apply(&apply)).await?;
    expect(&mut seen, &format!("applied {name} applied")).await?;

    let one = ListParams::default().labels(LABEL).fields(&format!("metadata.name={name}")).limit(10);
    ensure!(maps.list(&one).await?.items.len() == 1, "the list has another length than 1");
    maps.delete(&name, &DeleteParams::default()).await?;
    fails(404, maps.get(&name).await)?;
    expect(&mut seen, &format!("deleted {name} applied")).await
}

fn informer(maps: Api<ConfigMap>) -> mpsc::UnboundedReceiver<String> {
    let (send, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut events = pin!(watcher(maps, watcher::Config::default().labels(LABEL).streaming_lists()));
        while let Ok(Some(event)) = events.try_next().await {
            let line = match event {
                Event::Init => continue,
                Event::InitApply(map) => line("listed", &map),
                Event::InitDone => "synced".into(),
                Event::Apply(map) => line("applied", &map),
                Event::Delete(map) => line("deleted", &map),
            };
            if send.send(line).is_err() {
                return;
            }
        }
    });
    seen
}

fn line(event: &str, map: &ConfigMap) -> String {
    let step = map.data.as_ref().and_then(|data| data.get("step")).map_or("", String::as_str);
    format!("{event} {} {step}", map.name_any())
}

async fn expect(seen: &mut mpsc::UnboundedReceiver<String>, want: &str) -> Result<()> {
    match seen.recv().await {
        Some(got) if got == want => Ok(()),
        Some(got) => bail!("the informer saw {got:?} instead of {want:?}"),
        None => bail!("the informer ended before {want:?}"),
    }
}

fn fails<T>(status: u16, outcome: kube::Result<T>) -> Result<()> {
    match outcome {
        Err(kube::Error::Api(error)) if error.code == status => Ok(()),
        Err(error) => bail!("{error} instead of {status}"),
        Ok(_) => bail!("success instead of {status}"),
    }
}
