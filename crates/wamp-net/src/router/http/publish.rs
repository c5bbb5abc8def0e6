//! Publishing by POST. Who publishes is a session for that time: what its role may not publish is refused as to any
//! other. But it only visits: nobody is told that it came and went.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::http::StatusCode;
use wamp_proto::message::Publish;
use wamp_proto::router::{Identity, RealmLookup};
use wamp_proto::{Dict, Id, Message, Serializer, reason};

use super::super::outbox::Outbox;
use super::super::server::Shared;
use super::answer::Answer;
use super::publication::Publication;
use super::request::Request;
use super::signature::{self, Signed};
use super::{Credential, Pages, Publishing, Secret};
use crate::entropy::Random;

type Refused = Answer;

/// Reads the body and publishes what it says.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn answer<S>(
    stream: &mut S,
    mut request: Request,
    shared: &Shared,
    pages: &Pages,
) -> io::Result<Answer>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(publishing) = &shared.http.publish else {
        return Ok(Answer::refusal(StatusCode::NOT_FOUND, "Nothing is here."));
    };
    let (claim, length) = match admit(&request, publishing, pages) {
        Ok(admitted) => admitted,
        Err(refusal) => return Ok(refusal),
    };
    let mut body = std::mem::take(&mut request.rest);
    if body.len() < length && request.header("expect").is_some_and(|expect| expect.eq_ignore_ascii_case("100-continue"))
    {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        stream.flush().await?;
    }
    while body.len() < length {
        let missing = (length - body.len()) as u64;
        if (&mut *stream).take(missing).read_buf(&mut body).await? == 0 {
            return Ok(Answer::refusal(StatusCode::BAD_REQUEST, "The body is incomplete."));
        }
    }
    body.truncate(length);
    let who = match claim {
        Claim::Proved(who) => Ok(who),
        Claim::Signed(signed) => check(&signed, &body, publishing, shared),
    };
    let published = match (who, Publication::read(&body)) {
        (Ok(who), Ok(publication)) => {
            let result = if publication.is_message { "\"result\":true," } else { "" };
            publish(publication, who, shared).await.map(|id| format!("{{{result}\"id\":{id}}}\n"))
        }
        (Ok(_), Err(why)) => Err(Answer::refusal(StatusCode::BAD_REQUEST, format!("Bad request: {why}."))),
        (Err(refusal), _) => Err(refusal),
    };
    Ok(published.map_or_else(|refusal| refusal, Answer::json))
}

/// In whose name a request comes.
enum Claim<'a> {
    Proved(&'a Credential),
    /// That shows when the body is there.
    Signed(Box<Signed>),
}

/// In whose name the request comes, and how long its body is.
fn admit<'a>(request: &Request, publishing: &'a Publishing, pages: &Pages) -> Result<(Claim<'a>, usize), Refused> {
    if request.method != "POST" {
        return Err(Answer::wrong_method("Allow: POST\r\n", "This path takes POST."));
    }
    if !pages.may(request.header("origin"), request.header("host")) {
        return Err(Answer::refusal(StatusCode::FORBIDDEN, "Pages of this origin may not."));
    }
    let signed = Signed::read(&request.query);
    let signed = signed.map_err(|why| Answer::refusal(StatusCode::BAD_REQUEST, format!("Bad request: {why}.")))?;
    let identified = || request.header("authorization").and_then(|header| identify(header, &publishing.credentials));
    let claim = match signed {
        Some(signed) => Some(Claim::Signed(signed.into())),
        None => identified().map(Claim::Proved),
    };
    let claim = claim.ok_or_else(|| Answer::refusal(StatusCode::UNAUTHORIZED, "No valid token."))?;
    let length = length(request)?;
    if length > publishing.max_body_size {
        let why = format!("The body may have {} bytes.", publishing.max_body_size);
        return Err(Answer::refusal(StatusCode::PAYLOAD_TOO_LARGE, why));
    }
    let content = request.header("content-type").and_then(|content| content.split(';').next()).unwrap_or_default();
    if !content.trim().eq_ignore_ascii_case("application/json") {
        return Err(Answer::refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json."));
    }
    Ok((claim, length))
}

fn length(request: &Request) -> Result<usize, Refused> {
    if request.header("transfer-encoding").is_some() {
        return Err(Answer::refusal(StatusCode::LENGTH_REQUIRED, "The body must have a Content-Length."));
    }
    let length = request.header("content-length");
    let length = length.ok_or_else(|| Answer::refusal(StatusCode::LENGTH_REQUIRED, "Content-Length is missing."))?;
    // Two lengths are two requests for whoever is on the way (RFC 9112, section 6.3).
    let alone = request.headers("content-length").all(|other| other == length);
    let digits = alone && !length.is_empty() && length.bytes().all(|digit| digit.is_ascii_digit());
    // What is too long for a number is too long for a body.
    if digits { Ok(length.parse().unwrap_or(usize::MAX)) } else { Err(no_length()) }
}

fn no_length() -> Refused {
    Answer::refusal(StatusCode::BAD_REQUEST, "Content-Length is no number.")
}

/// Looks at every credential, so that the time tells nothing.
fn identify<'a>(header: &str, credentials: &'a [Credential]) -> Option<&'a Credential> {
    let (scheme, given) = header.split_once(' ')?;
    let (authid, token) = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => (None, given.trim().to_owned()),
        "basic" => {
            let pair = String::from_utf8(STANDARD.decode(given.trim()).ok()?).ok()?;
            let (user, password) = pair.split_once(':')?;
            (Some(user.to_owned()), password.to_owned())
        }
        _ => return None,
    };
    credentials.iter().fold(None, |found, known| {
        let Secret::Token(good) = &known.secret else { return found };
        let is_it = bool::from(good.as_bytes().ct_eq(token.as_bytes()));
        let is_named = authid.as_ref().is_none_or(|authid| *authid == known.authid);
        if is_it && is_named { Some(known) } else { found }
    })
}

/// Who has signed that body. A signature of one who is unknown is computed as well, so that the time tells nothing.
fn check<'a>(
    signed: &Signed,
    body: &[u8],
    publishing: &'a Publishing,
    shared: &Shared,
) -> Result<&'a Credential, Refused> {
    let secret = |known: &'a Credential| match &known.secret {
        Secret::Key { key, secret } if *key == signed.key => Some((known, secret.as_str())),
        _ => None,
    };
    let known = publishing.credentials.iter().find_map(secret);
    let right = signed.is_by(known.map_or("", |(_, secret)| secret), body);
    let who = known.filter(|_| right).map(|(who, _)| who);
    let who = who.ok_or_else(|| Answer::refusal(StatusCode::UNAUTHORIZED, "No valid signature."))?;
    let taken = shared.signatures.take(signed, publishing.signature_window, SystemTime::now());
    let (status, why) = match taken {
        Ok(()) => return Ok(who),
        Err(signature::Refused::Stale) => (StatusCode::UNAUTHORIZED, "The timestamp is not of now."),
        Err(signature::Refused::Replayed) => (StatusCode::UNAUTHORIZED, "The signature has been used before."),
        Err(signature::Refused::Early) => (StatusCode::SERVICE_UNAVAILABLE, "The router has just begun; sign anew."),
        Err(signature::Refused::Full) => (StatusCode::SERVICE_UNAVAILABLE, "Too many signatures; try again later."),
    };
    Err(Answer::refusal(status, why))
}

async fn publish(publication: Publication, who: &Credential, shared: &Shared) -> Result<Id, Refused> {
    let realm = realm(publication.realm, who, shared)?;
    let outbox = Arc::new(Outbox::new(&shared.limits, usize::MAX, Serializer::Json, &shared.counters));
    let unavailable = |_| Answer::refusal(StatusCode::SERVICE_UNAVAILABLE, "The realm takes nobody at present.");
    let session = shared.realms.join(identity(realm, who), outbox).map_err(unavailable)?;
    let Publication { topic, options, payload, .. } = publication;
    let message = Publish { request: Id::MIN, options, topic: topic.into(), payload };
    session.realm.handle(session.id, Message::Publish(message));
    while let Some(frame) = poll_fn(|cx| session.outbox.poll_next(cx)).await {
        match Serializer::Json.decode(frame) {
            Ok(Message::Published(published)) => return Ok(published.publication),
            Ok(Message::Error(error)) => return Err(refused(&error.error)),
            Ok(Message::Abort(abort)) => return Err(refused(&abort.reason)),
            _ => {}
        }
    }
    Err(Answer::refusal(StatusCode::SERVICE_UNAVAILABLE, "The session has ended."))
}

/// The realm that the body names, or the only one there is.
fn realm(named: Option<String>, who: &Credential, shared: &Shared) -> Result<String, Refused> {
    let realm = match (named, &who.realm) {
        (Some(named), Some(own)) if named != *own => {
            return Err(Answer::refusal(StatusCode::FORBIDDEN, "The token is not for that realm."));
        }
        (Some(realm), _) => Some(realm),
        (None, own) => own.clone().or_else(|| shared.realms.only().map(str::to_owned)),
    };
    let realm = realm.ok_or_else(|| Answer::refusal(StatusCode::BAD_REQUEST, "Bad request: the realm is missing."))?;
    match shared.realms.realm(&realm) {
        Some(_) => Ok(realm),
        None => Err(Answer::refusal(StatusCode::NOT_FOUND, "There is no such realm.")),
    }
}

fn identity(realm: String, who: &Credential) -> Identity {
    Identity {
        realm: realm.into(),
        session: Id::random(&mut Random::new()),
        authid: who.authid.as_str().into(),
        authrole: who.authrole.as_str().into(),
        authmethod: "http".into(),
        authprovider: "static".into(),
        client_ip: None,
        trust_level: None,
        transport: Dict::new().with("type", "http"),
        authextra: Dict::new(),
        details: Dict::new().with("roles", Dict::new().with("publisher", Dict::new())),
        visits: true,
    }
}

/// What the realm says against it.
fn refused(error: &str) -> Refused {
    let status = match error {
        reason::NOT_AUTHORIZED => StatusCode::FORBIDDEN,
        reason::AUTHORIZATION_FAILED | reason::SYSTEM_SHUTDOWN => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    Answer::refusal(status, error)
}
