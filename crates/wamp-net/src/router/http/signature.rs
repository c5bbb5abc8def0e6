//! Requests that are signed, as Crossbar.io's publisher service takes them: the query has `key`, `timestamp`, `seq`,
//! `nonce` and `signature`, which is the HMAC-SHA256 over all of these and the body.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use subtle::ConstantTimeEq;
use wamp_proto::auth::hmac_sha256;
use wamp_proto::parse_rfc3339;

/// How far the clock of who signs may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(2);
/// How many signatures are remembered.
const REMEMBERED: usize = 1 << 18;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

type Mac = [u8; 32];

/// What a request's query says of its signature.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) key: String,
    timestamp: String,
    seq: String,
    nonce: String,
    signature: Mac,
    at: SystemTime,
}

impl Signed {
    /// `None` where the query says nothing of a signature.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(query: &str) -> Result<Option<Self>, &'static str> {
        let value = |name: &str| {
            let pair = form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name);
            pair.map(|(_, value)| value.into_owned())
        };
        let Some(signature) = value("signature") else { return Ok(None) };
        let signature = BASE64.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
        let signature = signature.ok_or("signature is not 32 bytes in Base64 for URLs")?;
        let number = |name| value(name).filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
        let key = value("key").ok_or("key is missing")?;
        let timestamp = value("timestamp").ok_or("timestamp is missing")?;
        let at = parse_rfc3339(&timestamp).filter(|_| timestamp.ends_with('Z'));
        let at = at.ok_or("timestamp is not like 2011-10-14T16:59:51.123Z")?;
        let (seq, nonce) = (number("seq").ok_or("seq is no number")?, number("nonce").ok_or("nonce is no number")?);
        Ok(Some(Self { key, timestamp, seq, nonce, signature, at }))
    }

    /// Whether it is signed with that secret.
    pub(super) fn is_by(&self, secret: &str, body: &[u8]) -> bool {
        let Self { key, timestamp, seq, nonce, .. } = self;
        let texts = [key, timestamp, seq, nonce].map(|text| text.as_bytes());
        let message = [texts.concat().as_slice(), body].concat();
        hmac_sha256(secret.as_bytes(), &message).ct_eq(&self.signature).into()
    }
}

/// Why a good signature is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was made too long ago, or is of the future.
    Stale,
    /// It was taken before.
    Replayed,
    /// Nobody can tell whether it was taken: another router may have been here just before.
    Early,
    /// There is no room to remember more.
    Full,
}

/// The signatures that were taken: none is taken twice.
#[derive(Debug)]
pub(in crate::router) struct Signatures(Mutex<Taken>);

#[derive(Debug)]
struct Taken {
    since: SystemTime,
    /// The clock may be set back, but nothing becomes young again.
    latest: SystemTime,
    by_time: BTreeSet<(SystemTime, Mac)>,
}

impl Signatures {
    pub(in crate::router) fn new(since: SystemTime) -> Self {
        Self(Mutex::new(Taken { since, latest: since, by_time: BTreeSet::new() }))
    }

    /// Takes a signature that is not older than the window.
    ///
    /// # Errors
    /// [`Refused`]
    pub(super) fn take(&self, signed: &Signed, window: Duration, now: SystemTime) -> Result<(), Refused> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = taken.latest.max(now);
        taken.latest = now;
        let (ahead, oldest) = (window.min(AHEAD), now.checked_sub(window).unwrap_or(SystemTime::UNIX_EPOCH));
        while taken.by_time.first().is_some_and(|(at, _)| *at < oldest) {
            taken.by_time.pop_first();
        }
        match signed.at {
            at if at < oldest || at > now + ahead => Err(Refused::Stale),
            at if at <= taken.since + ahead => Err(Refused::Early),
            _ if taken.by_time.contains(&(signed.at, signed.signature)) => Err(Refused::Replayed),
            _ if taken.by_time.len() >= REMEMBERED => Err(Refused::Full),
            at => {
                taken.by_time.insert((at, signed.signature));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// By Python's `hmac`, for the secret `secret` and the body `{}`.
    const QUERY: &str = "timestamp=2026-01-02T03%3A04%3A05.678Z&seq=1&nonce=23&key=a+b\
        &signature=_hJTgNLdg6lGc-M-BBO23RlJgEBksfT_fYX8Ux4Ccf4%3D";

    fn signed(at: SystemTime, mac: u8) -> Signed {
        let text = String::new;
        Signed { key: text(), timestamp: text(), seq: text(), nonce: text(), signature: [mac; 32], at }
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_signature_is_that_of_all_that_is_said() {
        let read = |query: &str| Signed::read(query).unwrap().unwrap();
        let signed = read(QUERY);
        assert_eq!(signed.key, "a b");
        assert!(signed.is_by("secret", b"{}"));
        assert!(!signed.is_by("secret", b"{ }") && !signed.is_by("Secret", b"{}"));
        for (part, other) in [("678Z", "679Z"), ("seq=1", "seq=2"), ("nonce=23", "nonce=24"), ("a+b", "a+c")] {
            assert!(!read(&QUERY.replace(part, other)).is_by("secret", b"{}"), "{other}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(Signed::read("").unwrap().is_none() && Signed::read("key=a").unwrap().is_none());
        for (part, other, word) in [
            ("signature=", "signature=A", "signature"),
            ("key", "kee", "key is missing"),
            ("timestamp", "time", "timestamp is missing"),
            ("678Z", "678%2B01:00", "timestamp"),
            ("seq=1", "seq=one", "seq"),
            ("nonce=23", "nonce=", "nonce"),
        ] {
            let why = Signed::read(&QUERY.replace(part, other)).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn a_signature_is_taken_once_and_in_time() {
        let (signatures, window) = (Signatures::new(at(1000)), Duration::from_secs(60));
        let take = |made, mac, now| signatures.take(&signed(at(made), mac), window, at(now));
        assert_eq!(take(1003, 1, 1003), Ok(()));
        assert_eq!(take(1003, 1, 1004), Err(Refused::Replayed));
        assert_eq!(take(1003, 2, 1004), Ok(()));
        assert_eq!(take(1003, 1, 1063), Err(Refused::Replayed));
        assert_eq!(take(1003, 1, 1064), Err(Refused::Stale));
        assert_eq!(take(1003, 1, 1003), Err(Refused::Stale), "the clock was set back");
        assert_eq!(take(1066, 3, 1064), Ok(()));
        assert_eq!(take(1067, 3, 1064), Err(Refused::Stale));
    }

    #[test]
    fn what_a_router_before_may_have_taken_is_not_taken_again() {
        let (signatures, window) = (Signatures::new(at(1000)), Duration::from_secs(60));
        for made in [999, 1000, 1002] {
            assert_eq!(signatures.take(&signed(at(made), 1), window, at(1001)), Err(Refused::Early));
        }
        assert_eq!(signatures.take(&signed(at(1003), 1), window, at(1001)), Ok(()));
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let (signatures, window) = (Signatures::new(at(1000)), Duration::from_secs(60));
        {
            let mut taken = signatures.0.lock().unwrap();
            let mac = |n: usize| std::array::from_fn(|i| n.to_le_bytes().get(i).copied().unwrap_or(0));
            taken.by_time = (0..REMEMBERED).map(|n| (at(1010), mac(n))).collect();
        }
        assert_eq!(signatures.take(&signed(at(1011), 255), window, at(1011)), Err(Refused::Full));
        assert_eq!(signatures.take(&signed(at(1071), 255), window, at(1071)), Ok(()), "those are too old by now");
    }
}
