//! What a router asks the program, as tables.

use wamp_net::router::{Asked, News, Query};
use wamp_proto::auth::Matter;
use wamp_proto::{Dict, Value};

/// The question with its number.
pub(super) fn table(asked: &Asked) -> Value {
    let Query::Join(question, peer) = &asked.query else { return Value::Null };
    let mut table = Dict::new()
        .with("id", asked.id)
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
    Value::Dict(table.with("matter", matter))
}

/// The name of the news, and what it is about.
pub(super) fn told(news: News) -> Option<(&'static str, Value)> {
    Some(match news {
        News::Joined(session) => ("joined", session.into()),
        News::Left(session) => ("left", session.into()),
        News::Missed(count) => ("missed", count.into()),
        _ => return None,
    })
}
