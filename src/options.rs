//! A client's options, as `configure` gets them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytestring::ByteString;
use serde::Deserialize;
use wamp_net::client::{NetOptions, TlsOptions};
use wamp_proto::client::{Backoff, Settings};
use wamp_proto::{Dict, Serializer, Value};

use wamp_net::options::{Count, Seconds, read};

/// The options by the names that programs give them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Options {
    realm: Option<String>,
    encodings: Vec<Encoding>,
    auto_reconnect: bool,
    reconnect_interval: Seconds,
    reconnect_factor: f64,
    reconnect_max_interval: Seconds,
    reconnect_jitter: f64,
    max_retries: Count,
    retry_first_connect: bool,
    connect_timeout: Seconds,
    join_timeout: Seconds,
    close_timeout: Seconds,
    max_message_size: Count,
    max_queued_bytes: Count,
    max_queued_messages: Count,
    ping_interval: Seconds,
    ping_timeout: Seconds,
    tls: Tls,
    headers: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Json,
    MsgPack,
    Cbor,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
struct Tls {
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    verify: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self { ca: None, cert: None, key: None, verify: true }
    }
}

impl Default for Options {
    /// The defaults of the machine and of the network, but for the time to connect: 0.4.1 left that to the system, which
    /// takes minutes.
    fn default() -> Self {
        let (settings, net) = (Settings::new(Dict::new()), NetOptions::default());
        Self {
            realm: None,
            encodings: vec![Encoding::Json, Encoding::MsgPack],
            auto_reconnect: settings.auto_reconnect,
            reconnect_interval: Seconds(settings.reconnect.interval),
            reconnect_factor: settings.reconnect.factor,
            reconnect_max_interval: Seconds(settings.reconnect.max_interval),
            reconnect_jitter: settings.reconnect.jitter,
            max_retries: Count(settings.max_retries as usize),
            retry_first_connect: settings.retry_first_connect,
            connect_timeout: Seconds(Duration::from_secs(30)),
            join_timeout: Seconds(settings.join_timeout),
            close_timeout: Seconds(settings.close_timeout),
            max_message_size: Count(net.max_message_size),
            max_queued_bytes: Count(settings.max_queued_bytes),
            max_queued_messages: Count(settings.max_queued_messages),
            ping_interval: Seconds(net.ping_interval.unwrap_or(Duration::ZERO)),
            ping_timeout: Seconds(net.ping_timeout),
            tls: Tls::default(),
            headers: BTreeMap::new(),
        }
    }
}

/// What the options say.
///
/// # Errors
/// What is wrong with an option, and its path.
pub(crate) fn settings(mut options: Dict) -> Result<(Settings, NetOptions), String> {
    let hello = match options.remove("hello") {
        None => Settings::default().details,
        Some(Value::Dict(hello)) => hello,
        Some(_) => return Err("option 'hello': must be a dictionary".to_owned()),
    };
    let options: Options = read(options).map_err(String::from)?;
    let net = options.net();
    Ok((options.session(hello), net))
}

impl Options {
    fn net(&self) -> NetOptions {
        let Tls { ca, cert, key, verify } = &self.tls;
        let tls = TlsOptions { ca: ca.clone(), cert: cert.clone(), key: key.clone(), insecure: !verify };
        NetOptions {
            max_message_size: self.max_message_size.0,
            connect_timeout: self.connect_timeout.0,
            ping_interval: Some(self.ping_interval.0).filter(|interval| !interval.is_zero()),
            ping_timeout: self.ping_timeout.0,
            tls,
            headers: self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    fn session(self, hello: Dict) -> Settings {
        Settings {
            realm: self.realm.map(ByteString::from),
            serializers: self.encodings.into_iter().map(Encoding::serializer).collect(),
            auto_reconnect: self.auto_reconnect,
            reconnect: Backoff {
                interval: self.reconnect_interval.0,
                factor: self.reconnect_factor,
                max_interval: self.reconnect_max_interval.0,
                jitter: self.reconnect_jitter,
            },
            max_retries: u32::try_from(self.max_retries.0).unwrap_or(u32::MAX),
            retry_first_connect: self.retry_first_connect,
            join_timeout: self.join_timeout.0,
            close_timeout: self.close_timeout.0,
            max_queued_bytes: self.max_queued_bytes.0,
            max_queued_messages: self.max_queued_messages.0,
            ..Settings::new(hello)
        }
    }
}

impl Encoding {
    const fn serializer(self) -> Serializer {
        match self {
            Self::Json => Serializer::Json,
            Self::MsgPack => Serializer::MsgPack,
            Self::Cbor => Serializer::Cbor,
        }
    }
}
