//! The files of Unix sockets.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use wamp_net::router::{Limits, Router, RouterConfig, RouterErrorKind};
use wamp_proto::message::Goodbye;
use wamp_proto::{Dict, Message, Serializer, reason};

use crate::raw::{Folder, Peer, config, in_time, router, stop};

#[tokio::test]
async fn its_file_goes_when_the_router_stops() {
    let folder = Folder::new();
    let (raw, ws) = (folder.file("raw.sock"), folder.file("ws.sock"));
    let urls = [format!("unix://{raw}"), format!("ws+unix://{ws}:/ws")];
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let router = router(&urls, Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    assert_eq!(std::fs::metadata(&raw).unwrap().permissions().mode() & 0o777, 0o600);
    let stopped = tokio::spawn(stop(router));
    let Message::Goodbye(farewell) = peer.receive().await else { panic!("no GOODBYE") };
    assert_eq!(farewell.reason, reason::SYSTEM_SHUTDOWN);
    peer.send(Message::Goodbye(Goodbye { details: Dict::new(), reason: reason::GOODBYE_AND_OUT.into() })).await;
    peer.ended().await;
    in_time(stopped).await.unwrap();
    assert!(!Path::new(&raw).exists() && !Path::new(&ws).exists());
}

#[tokio::test]
async fn a_live_one_is_in_use_and_a_stale_one_is_replaced() {
    let folder = Folder::new();
    let file = folder.file("x.sock");
    let url = format!("unix://{file}");
    drop(std::os::unix::net::UnixListener::bind(&file).unwrap());
    let first = router(&[&url], Limits::default());
    let error = Router::start(config(&[&url], Limits::default())).unwrap_err();
    assert_eq!(error.kind(), RouterErrorKind::AddressInUse, "{error}");
    assert!(error.to_string().contains(&url));
    Peer::join(first.url(), Serializer::Json).await;
}

#[tokio::test]
async fn the_mode_is_an_option_and_what_cannot_be_is_named() {
    let folder = Folder::new();
    let file = folder.file("x.sock");
    let url = format!("unix://{file}");
    let open = RouterConfig { unix_mode: 0o666, ..config(&[&url], Limits::default()) };
    let router = Router::start(open).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o666);
    drop(router);
    let nowhere = format!("unix:{}", folder.file("no/folder.sock"));
    let error = Router::start(config(&[&nowhere], Limits::default())).unwrap_err();
    assert!(error.to_string().contains(&nowhere), "{error}");
}
