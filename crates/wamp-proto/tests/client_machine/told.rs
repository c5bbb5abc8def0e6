//! Notices as one line of text each.

use wamp_proto::client::Notice;
use wamp_proto::{Payload, Serializer};

pub fn told(notice: Notice) -> String {
    match notice {
        Notice::Joined { first: true } => "connected".into(),
        Notice::Joined { first: false } => "reconnected".into(),
        Notice::Reconnecting { attempt } => format!("reconnecting {attempt}"),
        Notice::Closed => "closed".into(),
        Notice::Error { error, details: None } => format!("error {error}"),
        Notice::Error { error, details: Some(details) } => match details.str("message") {
            Some(message) => format!("error {error}: {message}"),
            None => format!("error {error} {details:?}"),
        },
        Notice::Challenge { method, .. } => format!("challenge {method}"),
        Notice::Acknowledged { request, id: None } => format!("done {request}"),
        Notice::Acknowledged { request, id: Some(id) } => format!("done {request} as {id}"),
        Notice::Failed { request, error, .. } => format!("failed {request} {error}"),
        Notice::Result { request, progress, payload, .. } => {
            format!("{} {request} {}", if progress { "progress" } else { "result" }, text(&payload))
        }
        Notice::Event { subscription, payload, .. } => format!("event {subscription} {}", text(&payload)),
        Notice::Invocation { registration, invocation, payload, .. } => {
            format!("invocation {invocation} of {registration} {}", text(&payload))
        }
        Notice::UnknownInvocation => "unknown invocation".into(),
        Notice::Interrupt { invocation, mode } => format!("interrupt {invocation} {mode}"),
    }
}

/// Its arguments as JSON.
fn text(payload: &Payload) -> String {
    let Payload { args, kwargs, .. } = payload.to(Serializer::Json).unwrap();
    let texts = [args, kwargs].into_iter().flatten().map(|slice| String::from_utf8(slice.to_vec()).unwrap());
    texts.collect::<Vec<_>>().join(" ")
}
