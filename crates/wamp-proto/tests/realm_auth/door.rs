//! A connection that wants to join `realm1`.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bytestring::ByteString;
use wamp_proto::auth::{Answer, Channel};
use wamp_proto::router::{Authenticators, Identity, JoinStep, Joining, RealmConfig};

use crate::realm_harness::*;

pub(crate) struct Door {
    joining: Joining,
    realms: HashMap<ByteString, RealmConfig>,
    entropy: Counter,
    pub(crate) now: Duration,
}

impl Door {
    /// Each number is a connection with other random bytes.
    pub(crate) fn new(auth: &Authenticators, number: u64) -> Self {
        Self::over(auth, number, Channel::default())
    }

    pub(crate) fn over(auth: &Authenticators, number: u64, channel: Channel) -> Self {
        let realm = RealmConfig::open("realm1").with_auth(auth.clone());
        let joining = Joining::new(SystemTime::UNIX_EPOCH).over(channel);
        let realms = HashMap::from([("realm1".into(), realm)]);
        Self { joining, realms, entropy: Counter(number), now: Duration::ZERO }
    }

    pub(crate) fn say(&mut self, message: impl Into<Message>) -> JoinStep {
        self.joining.handle(message.into(), &self.realms, &mut self.entropy, self.now)
    }

    pub(crate) fn hello(&mut self, methods: &[&'static str], details: Dict) -> JoinStep {
        let mut all = hello_details(&[]);
        if !methods.is_empty() {
            all.insert("authmethods", methods.to_vec());
        }
        details.iter().for_each(|(key, value)| all.insert(key.clone(), value.clone()));
        self.say(Hello { realm: "realm1".into(), details: all })
    }

    /// HELLO that is challenged by that method.
    pub(crate) fn challenge(&mut self, method: &'static str, details: Dict) -> Dict {
        let step = self.hello(&[method], details);
        challenged(step, method)
    }

    pub(crate) fn authenticate(&mut self, signature: &str, extra: Dict) -> JoinStep {
        self.say(Authenticate { signature: signature.into(), extra })
    }

    pub(crate) fn answer(&mut self, answer: Answer) -> JoinStep {
        self.joining.answer(answer, &mut self.entropy, self.now)
    }
}

#[track_caller]
pub(crate) fn challenged(step: JoinStep, method: &str) -> Dict {
    let JoinStep::Reply(Message::Challenge(challenge)) = step else { panic!("not challenged: {step:?}") };
    assert_eq!(challenge.method, method);
    challenge.extra
}

#[track_caller]
pub(crate) fn joined(step: JoinStep) -> Identity {
    let JoinStep::Join(identity) = step else { panic!("not let in: {step:?}") };
    identity
}

/// Whatever was wrong, it reads like this.
#[track_caller]
pub(crate) fn assert_denied(step: &JoinStep) {
    let expected =
        Abort { details: with("message", "the authentication failed"), reason: reason::AUTHENTICATION_DENIED.into() };
    assert_eq!(*step, JoinStep::Refuse(expected.into()));
}

#[track_caller]
pub(crate) fn assert_violation(step: &JoinStep, text: &str) {
    let JoinStep::Refuse(Message::Abort(abort)) = step else { panic!("not refused: {step:?}") };
    assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
    assert!(abort.details.str("message").unwrap().contains(text), "{abort:?}");
}

pub(crate) fn as_authid(authid: &str) -> Dict {
    with("authid", authid)
}

pub(crate) fn keys_of(extra: &Dict) -> Vec<String> {
    extra.iter().map(|(key, _)| key.to_string()).collect()
}
