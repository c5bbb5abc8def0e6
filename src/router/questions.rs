//! What a router asks the program, as tables.

use wamp_net::router::{Asked, News, Peer, Query};
use wamp_proto::auth::{self, Matter};
use wamp_proto::router::{Identity, Question};
use wamp_proto::{Dict, Value};

/// The question with its number.
pub(super) fn table(asked: &Asked) -> Value {
    let table = match &asked.query {
        Query::Join(question, peer) => join(question, peer),
        Query::Authorize(question, realm) => authorize(question, realm),
        Query::Trust(client, peer) => trust(client, peer),
        _ => return Value::Null,
    };
    Value::Dict(table.with("id", asked.id))
}

fn authorize(question: &Question, realm: &str) -> Dict {
    Dict::new()
        .with("matter", "authorize")
        .with("realm", realm)
        .with("session", question.session.clone())
        .with("action", question.action.name())
        .with("uri", question.uri.clone())
        .with("match", question.policy.as_str())
        .with("options", question.options.clone())
}

fn trust(client: &Identity, peer: &Peer) -> Dict {
    let mut table = Dict::new()
        .with("matter", "trust")
        .with("realm", client.realm.clone())
        .with("authid", client.authid.clone())
        .with("authrole", client.authrole.clone())
        .with("authmethod", client.authmethod.clone())
        .with("secure", peer.secure);
    if let Some(ip) = peer.ip {
        table.insert("ip", ip.to_string());
    }
    table
}

fn join(question: &auth::Question, peer: &Peer) -> Dict {
    let mut table = Dict::new()
        .with("method", question.method)
        .with("realm", question.realm.clone())
        .with("session", question.session)
        .with("secure", peer.secure)
        .with("hello", question.details.clone());
    if let Some(authid) = &question.authid {
        table.insert("authid", authid.clone());
    }
    if let Some(ip) = peer.ip {
        table.insert("ip", ip.to_string());
    }
    let matter = match &question.matter {
        Matter::Credentials => "credentials",
        Matter::Challenge => "challenge",
        Matter::Judgement { signature, extra } => {
            table.insert("signature", signature.clone());
            table.insert("extra", extra.clone());
            "judgement"
        }
        Matter::Cookie(cookie) => {
            table.insert("cookie", cookie.clone());
            "cookie"
        }
        _ => "unknown",
    };
    table.with("matter", matter)
}

/// The name of the news, and what it is about.
pub(super) fn told(news: News) -> Option<(&'static str, Value)> {
    Some(match news {
        News::Joined(session) => ("joined", session.into()),
        News::Left(session) => ("left", session.into()),
        News::Missed(count) => ("missed", count.into()),
        News::Line(level, message) => ("line", Dict::new().with("level", level.name()).with("message", message).into()),
        News::MissedLines(count) => ("missed_lines", count.into()),
        _ => return None,
    })
}
