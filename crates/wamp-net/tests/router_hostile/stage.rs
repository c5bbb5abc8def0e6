//! A router that listens on every transport, with honest clients at work.

use std::time::Duration;

use tokio::sync::RwLockReadGuard;
use wamp_net::router::{Authenticators, Level, Limits, Log, RealmConfig, Router, RouterConfig};
use wamp_proto::Serializer;
use wamp_proto::auth::wampcra;
use wamp_proto::router::MetaApi;

use crate::memory;
use crate::peers::{self, CERTIFICATE, Either, Folder, in_time, stop};
use crate::witness::Witness;

pub(crate) type Peer = peers::Peer<Either>;

/// A serializer on a transport.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) url: String,
    pub(crate) serializer: Serializer,
}

impl Way {
    pub(crate) async fn connect(&self) -> Peer {
        Peer::connect(&self.url, self.serializer).await
    }

    pub(crate) async fn join(&self) -> Peer {
        Peer::join(&self.url, self.serializer).await
    }

    pub(crate) fn is_websocket(&self) -> bool {
        self.url.starts_with("ws")
    }
}

pub(crate) struct Stage {
    pub(crate) router: Router,
    pub(crate) witness: Witness,
    _folder: Folder,
    _turn: Option<RwLockReadGuard<'static, ()>>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::limited(Limits::default()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        Self::with(|config| config.limits = limits).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut RouterConfig)) -> Self {
        let turn = memory::shared().await;
        Self { _turn: Some(turn), ..Self::alone(change).await }
    }

    /// For a test that measures; the turn is the test's.
    pub(crate) async fn alone(change: impl FnOnce(&mut RouterConfig)) -> Self {
        let folder = Folder::new();
        let (raw, web) = (folder.file("raw.sock"), folder.file("web.sock"));
        let listen = vec![
            "tcp://127.0.0.1:0".to_owned(),
            "tls://127.0.0.1:0".to_owned(),
            format!("unix://{raw}"),
            format!("local:{}", raw.replace('/', ".")),
            "ws://127.0.0.1:0/ws".to_owned(),
            "wss://127.0.0.1:0/ws".to_owned(),
            format!("ws+unix://{web}:/ws"),
        ];
        let meta = MetaApi { session: true, subscription: true, registration: true };
        let open = RealmConfig { meta, ..RealmConfig::open("realm1") };
        let realms = vec![open, RealmConfig::open("guarded").with_auth(guarded())];
        let tls = Some(CERTIFICATE.clone());
        let log = Log::new(Level::Warning, |_, _| {});
        let mut config = RouterConfig { listen, realms, tls, log, ..RouterConfig::default() };
        change(&mut config);
        let router = Router::start(config).unwrap();
        let witness = Witness::new(&router).await;
        Self { router, witness, _folder: folder, _turn: None }
    }

    /// Every serializer on every transport.
    pub(crate) fn ways(&self) -> Vec<Way> {
        let urls = self.router.urls().iter();
        urls.flat_map(|url| Serializer::ALL.map(|serializer| Way { url: url.clone(), serializer })).collect()
    }

    /// Every serializer, on a transport that costs little.
    pub(crate) fn serializers(&self) -> Vec<Way> {
        self.ways().into_iter().filter(|way| way.url.starts_with("unix:")).collect()
    }

    /// Every serializer, on a RawSocket and on a WebSocket, which cost little.
    pub(crate) fn framings(&self) -> Vec<Way> {
        self.ways().into_iter().filter(|way| way.url.contains("unix:")).collect()
    }

    /// Every transport, with one serializer or the other.
    pub(crate) fn transports(&self) -> Vec<Way> {
        let urls = self.router.urls().iter().zip(Serializer::ALL.into_iter().cycle());
        urls.map(|(url, serializer)| Way { url: url.clone(), serializer }).collect()
    }

    /// Nothing is left of those who were not honest, and the others have noticed nothing.
    pub(crate) async fn clear(&mut self) {
        self.witness.notices_nothing().await;
        in_time(async {
            while self.router.stats().connections > Witness::PEERS {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
        let stats = self.router.stats();
        assert_eq!((stats.sessions, stats.connections), (Witness::PEERS, Witness::PEERS));
        let held = self.router.realms().into_iter().find(|realm| realm.name == "realm1").unwrap().held;
        assert_eq!(held, self.witness.held());
    }

    pub(crate) async fn close(mut self) {
        self.clear().await;
        drop(self.witness);
        stop(self.router).await;
    }
}

/// Who may join the other realm.
pub(crate) fn guarded() -> Authenticators {
    let user = wampcra::User { role: "user".into(), secret: "secret".into(), salting: None };
    Authenticators { wampcra: [("joe", user)].into_iter().collect(), ..Authenticators::default() }
}
