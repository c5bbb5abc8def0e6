//! More connections than there may be.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wamp_net::router::{Level, Limits, Log, Router, RouterConfig};
use wamp_proto::Serializer;

use crate::raw::{Folder, Peer, config, in_time, line};

/// A router that takes so many connections, and what it tells.
fn crowded(urls: &[&str], max_connections: usize) -> (Router, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let log = Log::new(Level::Warning, move |_, line| sink.lock().unwrap().push(line.to_owned()));
    let limits = Limits { max_connections: Some(max_connections), ..Limits::default() };
    (Router::start(RouterConfig { log, ..config(urls, limits) }).unwrap(), told)
}

/// Says that, and reads until the router has closed the connection.
async fn answer_to(url: &str, said: &[u8]) -> Vec<u8> {
    let mut line = line(url).await;
    in_time(line.write_all(said)).await.unwrap();
    line.shutdown().await.unwrap();
    let mut answer = Vec::new();
    in_time(line.read_to_end(&mut answer)).await.unwrap();
    answer
}

async fn until_open(router: &Router, connections: u64) {
    in_time(async {
        while router.stats().connections != connections {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_on_each_transport() {
    let folder = Folder::new();
    let unix = format!("unix://{}", folder.file("raw"));
    let urls = [
        "tcp://127.0.0.1:0",
        "tls://127.0.0.1:0",
        "ws://127.0.0.1:0/ws",
        "wss://127.0.0.1:0/ws",
        &unix,
        "local:crowded",
    ];
    let (router, told) = crowded(&urls, 2);
    let first = Peer::join(&router.urls()[0], Serializer::Json).await;
    let second = Peer::join(&router.urls()[0], Serializer::Json).await;
    for url in router.urls() {
        if url.starts_with("ws") {
            let answer = answer_to(url, b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n").await;
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("as many connections"), "{url}: {answer}");
        } else {
            assert_eq!(answer_to(url, &[0x7f, 0xf1, 0, 0]).await, [0x7f, 0x40, 0, 0], "{url}");
        }
    }
    let stats = router.stats();
    assert_eq!((stats.connections, stats.refused_connections), (2, urls.len() as u64));
    drop((first, second));
    until_open(&router, 0).await;
    Peer::join(&router.urls()[0], Serializer::Json).await;
    let told = told.lock().unwrap().clone();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("2 connections are open") && told[1].contains("6 connections were refused"),
        "{told:?}"
    );
}

/// To tell so is a favour, which does not hold more connections either.
#[tokio::test]
async fn of_very_many_that_are_refused_most_are_just_closed() {
    let (router, _) = crowded(&["tcp://127.0.0.1:0"], 1);
    let mut member = Peer::join(router.url(), Serializer::Json).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(line(router.url()).await);
    }
    let (ended, mut end) = tokio::sync::mpsc::unbounded_channel();
    for mut line in silent {
        let ended = ended.clone();
        tokio::spawn(async move {
            let _ = line.read(&mut [0; 4]).await;
            let _ = ended.send(());
            std::future::pending::<()>().await;
        });
    }
    for _ in 0..100 - 32 {
        in_time(end.recv()).await.unwrap();
    }
    assert_eq!(router.stats().refused_connections, 100);
    member.publish("a.topic", Vec::new()).await;
}
