//! What a router is told before it starts.

use std::collections::HashSet;
use std::time::Duration;

use wamp_proto::router::RealmConfig;
use wamp_proto::uri::{self, Match, Rule};

use super::RouterError;
use super::address::Address;
use super::http::Http;
use super::log::Log;
use super::tls::Tls;
use crate::url::Scheme;

/// No time limit is longer: adding it to a point in time must not overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Where a router listens, which realms it serves, and what a session may use up.
#[derive(Clone, Debug)]
pub struct RouterConfig {
    /// The addresses: `ws://host:port/path` or `wss://…` for WebSocket, `tcp://host:port` or `tls://…` for RawSocket,
    /// and over the Unix socket of a file `ws+unix:///file:/path` and `unix:///file`; `local:name` for clients in this process. Port 0 lets the system choose;
    /// [`super::Router::urls`] tells what it chose. Requests for other paths are answered with 404. The file of a Unix
    /// socket is removed when the router stops.
    pub listen: Vec<String>,
    /// The realms.
    pub realms: Vec<RealmConfig>,
    /// What other realms are like, if clients may join those, too.
    pub on_demand: Option<OnDemand>,
    /// The limits, the same for every session.
    pub limits: Limits,
    /// What `wss://` and `tls://` addresses need.
    pub tls: Option<Tls>,
    /// The permissions of the files of Unix sockets: who may write, may connect. Default: 0600, the user of the program.
    pub unix_mode: u32,
    /// What is answered by plain HTTP on the addresses of WebSocket, and which web pages may use them.
    pub http: Http,
    /// Where the router tells what happens.
    pub log: Log,
    /// Whether the program hears of each session that comes and goes: [`super::Questions::news`].
    pub tells_sessions: bool,
    /// Whether the program hears what `log` would be told, by [`super::Questions::news`]; `log` says no more than what
    /// matters.
    pub tells_log: bool,
    /// What the operator should know before the router starts; nothing is wrong.
    pub warnings: Vec<String>,
}

impl Default for RouterConfig {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            realms: Vec::new(),
            on_demand: None,
            limits: Limits::default(),
            tls: None,
            unix_mode: 0o600,
            http: Http::default(),
            log: Log::default(),
            tells_sessions: false,
            tells_log: false,
            warnings: Vec::new(),
        }
    }
}

/// Realms of any name: each is made when the first client joins it, and gone when the last one has left.
#[derive(Clone, Debug)]
pub struct OnDemand {
    /// What they are like; its name is not used.
    pub realm: RealmConfig,
    /// How many there may be at the same time. Joining another one is refused with `wamp.error.no_such_realm`.
    pub limit: usize,
}

/// What a session may use up, and how many there may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// How many connections there may be at the same time, those without a session included. Others are answered with
    /// HTTP's status 503, or RawSocket's error 4. `None` for seven eighths of the descriptors that the process may have.
    pub max_connections: Option<usize>,
    /// The largest message that is accepted, in bytes. A larger one closes the connection, with code 1009 where it is a
    /// WebSocket. RawSocket knows powers of two alone, up to 16 MiB: there it is the next lower one.
    pub max_message_size: usize,
    /// How many bytes of events and invocations may wait for a session that does not read, before the router drops
    /// events for it; and how many of its answers. A single message may be larger.
    pub max_queued_bytes: usize,
    /// How many messages may wait for a session that does not read.
    pub max_queued_messages: usize,
    /// How long a new connection may take until its session is open: the handshakes, HELLO and authentication.
    pub join_timeout: Duration,
    /// How long the other side may take to answer a closing handshake, and GOODBYE when the router stops.
    pub close_timeout: Duration,
    /// A session that has sent nothing for so long is sent a ping; `None` sends none.
    pub ping_interval: Option<Duration>,
    /// How long a ping may stay unanswered before the connection counts as dead.
    pub ping_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: None,
            max_message_size: 16 << 20,
            max_queued_bytes: 64 << 20,
            max_queued_messages: 65_536,
            join_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            ping_interval: Some(Duration::from_secs(30)),
            ping_timeout: Duration::from_secs(30),
        }
    }
}

impl RouterConfig {
    /// A router of one address, with anonymous realms of these names and the default limits.
    #[must_use]
    pub fn new(listen: &str, realms: &[&str]) -> Self {
        Self {
            listen: vec![listen.to_owned()],
            realms: realms.iter().map(|name| RealmConfig::open(*name)).collect(),
            ..Self::default()
        }
    }

    /// This comes after that: who does not exist looks the same to who asks before and afterwards.
    pub fn keep_decoys(&mut self, former: &Self) {
        for realm in &mut self.realms {
            if let Some(former) = former.realms.iter().find(|former| former.name == realm.name) {
                realm.auth.keep_decoys(&former.auth);
            }
        }
        if let (Some(on_demand), Some(former)) = (&mut self.on_demand, &former.on_demand) {
            on_demand.realm.auth.keep_decoys(&former.realm.auth);
        }
    }

    /// Whether a router can be made of this; [`super::Router::start`] asks, too.
    ///
    /// # Errors
    /// [`RouterError`] when an option, a realm or a limit makes no sense.
    pub fn check(&self) -> Result<(), RouterError> {
        if let (Some(scheme), None) = (self.secured()?, &self.tls) {
            let reason = format!("{}:// needs a certificate and its key", scheme.name());
            return Err(RouterError::bad_option("tls", &reason));
        }
        self.check_realms()?;
        self.limits.check()?;
        self.http.check()?;
        if self.listen.is_empty() {
            return Err(RouterError::bad_option("listen", "no address to listen on"));
        }
        Ok(())
    }

    /// The first scheme of the addresses that is secured by TLS.
    pub(super) fn secured(&self) -> Result<Option<Scheme>, RouterError> {
        self.listen.iter().try_fold(None, |found: Option<Scheme>, url| {
            let scheme = Address::parse(url)?.scheme;
            Ok(found.or(scheme.is_secure().then_some(scheme)))
        })
    }

    fn check_realms(&self) -> Result<(), RouterError> {
        match &self.on_demand {
            None if self.realms.is_empty() => return Err(RouterError::bad_option("realms", "no realm to serve")),
            Some(OnDemand { limit: 0, .. }) => return Err(RouterError::bad_option("max_realms", "must be at least 1")),
            Some(OnDemand { realm, .. }) => check_time("challenge_timeout", realm.challenge_timeout)?,
            None => {}
        }
        let mut seen = HashSet::new();
        for RealmConfig { name, challenge_timeout, .. } in &self.realms {
            check_time("challenge_timeout", *challenge_timeout)?;
            if !uri::check(name, Match::Exact, Rule::Loose) {
                return Err(RouterError::bad_realm(name, "the name is not a URI"));
            }
            if !seen.insert(name) {
                return Err(RouterError::bad_realm(name, "the name is given twice"));
            }
        }
        Ok(())
    }
}

impl Limits {
    fn check(&self) -> Result<(), RouterError> {
        let sizes = [
            ("max_connections", self.max_connections.unwrap_or(usize::MAX)),
            ("max_message_size", self.max_message_size),
            ("max_queued_bytes", self.max_queued_bytes),
            ("max_queued_messages", self.max_queued_messages),
        ];
        let durations = [
            ("join_timeout", self.join_timeout),
            ("close_timeout", self.close_timeout),
            ("ping_timeout", self.ping_timeout),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(RouterError::bad_option(name, "must be at least 1"));
        }
        durations.into_iter().try_for_each(|(name, duration)| check_time(name, duration))?;
        self.ping_interval.map_or(Ok(()), |interval| check_time("ping_interval", interval))
    }
}

pub(super) fn check_time(name: &str, time: Duration) -> Result<(), RouterError> {
    if time.is_zero() || time > LONGEST {
        return Err(RouterError::bad_option(name, "must be more than 0 seconds and at most a year"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(change: impl FnOnce(&mut RouterConfig)) -> String {
        let mut config = RouterConfig::new("ws://127.0.0.1:0/ws", &["realm1"]);
        change(&mut config);
        config.check().map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn the_defaults_make_sense() {
        assert_eq!(error_of(|_| {}), "");
    }

    #[test]
    fn each_error_names_its_culprit() {
        assert!(error_of(|c| c.listen.clear()).contains("\"listen\""));
        assert!(error_of(|c| c.listen.push("wss:/x/".into())).contains("\"wss:/x/\""));
        assert!(error_of(|c| c.listen.push("wss://x/".into())).contains("\"tls\""));
        assert!(error_of(|c| c.realms.clear()).contains("\"realms\""));
        assert!(error_of(|c| c.realms.push(RealmConfig::open("a b#"))).contains("\"a b#\""));
        assert!(error_of(|c| c.realms.push(RealmConfig::open("realm1"))).contains("twice"));
        assert!(error_of(|c| c.limits.max_connections = Some(0)).contains("\"max_connections\""));
        assert!(error_of(|c| c.limits.max_message_size = 0).contains("\"max_message_size\""));
        assert!(error_of(|c| c.limits.ping_interval = Some(Duration::ZERO)).contains("\"ping_interval\""));
        assert!(error_of(|c| c.limits.join_timeout = Duration::MAX).contains("\"join_timeout\""));
        let challenge = |time| error_of(|c| c.realms[0].challenge_timeout = time);
        assert!(challenge(Duration::ZERO).contains("\"challenge_timeout\""));
    }
}
