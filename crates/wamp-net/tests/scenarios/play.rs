//! Plays a scenario on a router of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;
use wamp_net::router::{Router, RouterConfig};
use wamp_proto::{Dict, Value};

use crate::matrix::{Carrier, Way};
use crate::pattern::{Names, Pattern, show};
use crate::peer::{Peer, in_time};
use crate::script::{Action, Script, Step};
use crate::{Failure, certificate};

/// What peers announce where the file says nothing else.
const FEATURES: [(&str, &[&str]); 4] = [
    ("publisher", &["publisher_identification", "subscriber_blackwhite_listing", "publisher_exclusion"]),
    ("subscriber", &["publisher_identification", "pattern_based_subscription", "subscription_revocation"]),
    ("caller", &["caller_identification", "call_timeout", "call_canceling", "progressive_call_results"]),
    (
        "callee",
        &[
            "caller_identification",
            "call_canceling",
            "progressive_call_results",
            "pattern_based_registration",
            "shared_registration",
            "registration_revocation",
        ],
    ),
];

type Played = Result<(), String>;

struct Stage {
    way: Way,
    router: Router,
    peers: BTreeMap<String, Peer>,
    names: Names,
    connected: usize,
    /// Which peer a name stands for, where it is none of their own.
    aliases: BTreeMap<String, String>,
}

pub(crate) async fn play(script: &Script, way: Way) -> Result<(), Failure> {
    let router = start(script, way).map_err(|text| Failure { line: 1, text })?;
    let mut stage =
        Stage { way, router, peers: BTreeMap::new(), names: Names::default(), connected: 0, aliases: BTreeMap::new() };
    let played = stage.play(script).await;
    let Stage { router, peers, .. } = stage;
    drop(peers);
    tokio::task::spawn_blocking(move || router.stop()).await.unwrap();
    played
}

fn start(script: &Script, way: Way) -> Result<Router, String> {
    let mut options = Dict::new().with("realms", "realm1");
    for (name, value) in script.options.iter() {
        options.insert(name.clone(), value.clone());
    }
    options.insert("listen", way.transport.address());
    if way.transport.carrier == Carrier::Tls {
        options.insert("tls", certificate::option());
    }
    Router::start(RouterConfig::from_options(options)?).map_err(|e| e.to_string())
}

impl Stage {
    async fn play(&mut self, script: &Script) -> Result<(), Failure> {
        for Step { line, text, action } in &script.steps {
            let played = self.step(action).await;
            played.map_err(|problem| Failure { line: *line, text: format!("expected:  {text}\n{problem}") })?;
        }
        let line = script.steps.last().map_or(1, |step| step.line);
        self.end().await.map_err(|problem| Failure { line, text: format!("expected:  the end\n{problem}") })
    }

    async fn step(&mut self, action: &Action) -> Played {
        match action {
            Action::Join { peer, realm, details } => self.join(peer, realm, details).await,
            Action::Connect { peer, headers } => {
                let Value::Dict(headers) = headers.fill(&self.names)? else {
                    return Err("the headers are a dictionary".to_owned());
                };
                self.connect(peer, &headers).await
            }
            Action::Send { peer, message } => {
                let message = message.fill(&self.names)?;
                self.peer(peer)?.send(&message).await
            }
            Action::Receive { peer, message, next } => self.receive(peer, message, *next).await,
            Action::ReceiveOne { name, peers, message } => self.receive_one(name, peers, message).await,
            Action::Answer { returned } => {
                let returned = returned.fill(&self.names)?;
                self.answer(returned).await
            }
            Action::Never { peer } => self.never(peer).await,
            Action::Closes { peer } => self.closes(peer).await,
            Action::Disconnect { peer } => {
                self.peer(peer)?;
                self.gone(peer).await
            }
            Action::Wait(time) => {
                sleep(*time).await;
                Ok(())
            }
        }
    }

    fn peer(&mut self, name: &str) -> Result<&mut Peer, String> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.peers.get_mut(name).ok_or_else(|| format!("no peer {name} is connected"))
    }

    async fn connect(&mut self, name: &str, headers: &Dict) -> Played {
        if self.peers.contains_key(name) {
            return Err(format!("{name} is connected already"));
        }
        let serializer = self.way.serializers.of_peer(self.connected);
        self.connected += 1;
        let peer = Peer::connect(self.way.transport, self.router.url(), serializer, headers).await?;
        self.peers.insert(name.to_owned(), peer);
        Ok(())
    }

    async fn join(&mut self, name: &str, realm: &str, details: &Pattern) -> Played {
        let Value::Dict(given) = details.fill(&self.names)? else {
            return Err("the details of HELLO are a dictionary".to_owned());
        };
        let mut details = Dict::new().with("roles", roles());
        for (key, value) in given.iter() {
            details.insert(key.clone(), value.clone());
        }
        self.connect(name, &Dict::new()).await?;
        let peer = self.peer(name)?;
        peer.send(&Value::List(vec![1.into(), realm.into(), details.into()])).await?;
        let welcome = peer.receive().await?.ok_or("the router closed the connection")?;
        let Some([Value::Int(2), session, Value::Dict(details)]) = welcome.as_list() else {
            return Err(format!("what came: {}", show(&welcome)));
        };
        self.names.set(name, session.clone());
        for key in ["authid", "authrole"] {
            if let Some(value) = details.get(key) {
                self.names.set(&format!("{name}.{key}"), value.clone());
            }
        }
        Ok(())
    }

    async fn receive(&mut self, name: &str, pattern: &Pattern, next: bool) -> Played {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        let Some(peer) = self.peers.get_mut(name) else { return Err(format!("no peer {name} is connected")) };
        if !next {
            return peer.find(|message| pattern.matches(message, &mut self.names)).await;
        }
        match peer.receive().await? {
            None => Err("the router closed the connection".to_owned()),
            Some(message) if pattern.matches(&message, &mut self.names) => Ok(()),
            Some(message) => Err(format!("what came: {}", show(&message))),
        }
    }

    /// The message has come to one of these peers, and nothing to the others; from now on the name stands for that one.
    async fn receive_one(&mut self, name: &str, peers: &[String], pattern: &Pattern) -> Played {
        self.catch_up().await?;
        let mut found = None;
        for peer in peers {
            let Some(message) = self.peer(peer)?.take_pending() else { continue };
            if found.is_some() || !pattern.matches(&message, &mut self.names) {
                return Err(format!("what came to {peer}: {}", show(&message)));
            }
            found = Some(peer.clone());
        }
        self.aliases.insert(name.to_owned(), found.ok_or("nothing came to any of them")?);
        Ok(())
    }

    /// The router asks the program, whose callback returns that.
    async fn answer(&mut self, returned: Value) -> Played {
        let questions = self.router.questions();
        let asked = in_time(async {
            loop {
                match questions.next() {
                    Some(asked) => return asked,
                    None => sleep(Duration::from_millis(1)).await,
                }
            }
        });
        let asked = asked.await?;
        let reply = asked.query.reply(returned)?;
        if questions.answer(asked.id, reply) { Ok(()) } else { Err("the router does not wait any more".to_owned()) }
    }

    /// Whatever the peers have sent is routed, and what this makes the router send has come.
    async fn catch_up(&mut self) -> Played {
        for _ in 0..2 {
            for peer in self.peers.values_mut().filter(|peer| peer.joined) {
                peer.catch_up().await?;
            }
        }
        Ok(())
    }

    /// Whatever the others have sent is routed, so what it makes the router send has been sent, and has come.
    async fn never(&mut self, name: &str) -> Played {
        for (other, peer) in &mut self.peers {
            if other != name && peer.joined {
                peer.catch_up().await?;
            }
        }
        let peer = self.peer(name)?;
        peer.catch_up().await?;
        peer.surprise().map_or(Ok(()), Err)
    }

    async fn closes(&mut self, name: &str) -> Played {
        match self.peer(name)?.receive().await? {
            None => self.gone(name).await,
            Some(message) => Err(format!("what came: {}", show(&message))),
        }
    }

    /// Lets go of the peer, and waits until the router knows.
    async fn gone(&mut self, name: &str) -> Played {
        self.peers.remove(name);
        let left = self.peers.len() as u64;
        in_time(async {
            while self.router.stats().connections > left {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
    }

    /// Nobody has got what nobody expected.
    async fn end(&mut self) -> Played {
        self.catch_up().await?;
        for (name, peer) in &self.peers {
            if let Some(surprise) = peer.surprise() {
                return Err(format!("{name}: {surprise}"));
            }
        }
        Ok(())
    }
}

/// All roles, with all features.
fn roles() -> Dict {
    let features = |names: &[&'static str]| names.iter().map(|name| (*name, true)).collect::<Dict>();
    FEATURES.iter().map(|(role, names)| (*role, Dict::new().with("features", features(names)))).collect()
}
