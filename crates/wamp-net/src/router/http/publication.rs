//! What the body of a POST says: `{"topic": …, "args": […], "kwargs": {…}, "options": {…}, "realm": …}`; or a message,
//! as publishers for Wiola send it: `[16, 1, {…}, topic, […], {…}]`.

use bytes::Bytes;
use wamp_proto::message::Publish;
use wamp_proto::uri::{self, Match, Rule};
use wamp_proto::{Dict, Message, Payload, Serializer, Value};

/// Something to publish.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) realm: Option<String>,
    pub(super) topic: String,
    pub(super) options: Dict,
    pub(super) payload: Payload,
    /// Whether the body is a message, which is answered as Wiola does.
    pub(super) is_message: bool,
}

impl Publication {
    /// # Errors
    /// What is wrong with the body.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let value = Serializer::Json.read_value(body).map_err(|error| format!("the body is no JSON: {error}"))?;
        let publication = match value {
            Value::Dict(body) => Self::of_object(body),
            Value::List(_) => Self::of_message(body),
            _ => Err("the body is no object and no PUBLISH".to_owned()),
        }?;
        match uri::check(&publication.topic, Match::Exact, Rule::Loose) {
            true => Ok(publication),
            false => Err("the topic is no URI".to_owned()),
        }
    }

    fn of_message(body: &[u8]) -> Result<Self, String> {
        let message = Serializer::Json.decode(Bytes::copy_from_slice(body));
        match message.map_err(|error| format!("the body is no object and no message: {error}"))? {
            Message::Publish(Publish { options, topic, payload, .. }) => {
                let (topic, options) = (topic.to_string(), options.with("acknowledge", true));
                Ok(Self { realm: None, topic, options, payload, is_message: true })
            }
            _ => Err("the body is no object and no PUBLISH".to_owned()),
        }
    }

    fn of_object(mut body: Dict) -> Result<Self, String> {
        let topic = text(&mut body, "topic")?.or(text(&mut body, "uri")?).ok_or("the topic is missing")?;
        let args = match body.remove("args") {
            None | Some(Value::Null) => None,
            Some(Value::List(args)) => Some(args),
            Some(_) => return Err("args is no list".to_owned()),
        };
        let (realm, kwargs, options) =
            (text(&mut body, "realm")?, dict(&mut body, "kwargs")?, dict(&mut body, "options")?);
        if let Some((unknown, _)) = body.iter().next() {
            return Err(format!("nothing is known as {unknown:?}"));
        }
        let payload = Payload::from_values(Serializer::Json, args, kwargs);
        let options = options.unwrap_or_default().with("acknowledge", true);
        Ok(Self { realm, topic, options, payload, is_message: false })
    }
}

fn text(body: &mut Dict, name: &str) -> Result<Option<String>, String> {
    match body.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Str(text)) => Ok(Some(text.to_string())),
        Some(_) => Err(format!("{name} is no string")),
    }
}

fn dict(body: &mut Dict, name: &str) -> Result<Option<Dict>, String> {
    match body.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Dict(dict)) => Ok(Some(dict)),
        Some(_) => Err(format!("{name} is no object")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_topic_may_be_missing() {
        let publication = Publication::read(br#"{"topic":"a.topic"}"#).unwrap();
        assert_eq!((publication.topic.as_str(), publication.realm), ("a.topic", None));
        let body = br#"{"uri":"a.b","realm":"r","args":[1],"kwargs":{"k":null},"options":{"exclude_me":false}}"#;
        let publication = Publication::read(body).unwrap();
        assert_eq!((publication.topic.as_str(), publication.realm.as_deref()), ("a.b", Some("r")));
        assert_eq!(publication.payload.args.as_deref(), Some(&b"[1]"[..]));
        assert_eq!(publication.payload.kwargs.as_deref(), Some(&b"{\"k\":null}"[..]));
        assert!(publication.options.flag("acknowledge") && publication.options.get("exclude_me").is_some());
    }

    #[test]
    fn a_message_is_taken_as_it_is() {
        let publication = Publication::read(br#"[16,7,{"exclude_me":false},"a.b",[1],{"k":null}]"#).unwrap();
        assert_eq!((publication.topic.as_str(), publication.realm), ("a.b", None));
        assert_eq!(publication.payload.args.as_deref(), Some(&b"[1]"[..]));
        assert_eq!(publication.payload.kwargs.as_deref(), Some(&b"{\"k\":null}"[..]));
        assert!(publication.options.flag("acknowledge") && publication.options.get("exclude_me").is_some());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("", "JSON"),
            ("[]", "object"),
            ("5", "object"),
            (r#"[48,1,{},"a"]"#, "no PUBLISH"),
            (r#"[16,1,{}]"#, "message"),
            (r#"[16,1,{},"a b"]"#, "no URI"),
            ("{}", "topic is missing"),
            (r#"{"topic":5}"#, "topic is no string"),
            (r#"{"topic":"a b"}"#, "no URI"),
            (r#"{"topic":"a","args":{}}"#, "args"),
            (r#"{"topic":"a","kwargs":[]}"#, "kwargs"),
            (r#"{"topic":"a","options":1}"#, "options"),
            (r#"{"topic":"a","realm":1}"#, "realm"),
            (r#"{"topic":"a","arg":1}"#, "\"arg\""),
        ];
        for (body, word) in cases {
            let why = Publication::read(body.as_bytes()).unwrap_err();
            assert!(why.contains(word), "{body}: {why}");
        }
    }
}
