//! The users of a method, and those who look like one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytestring::ByteString;

use super::wampcra::hmac_sha256;

/// What a method has to know of a user.
pub trait Credentials: Clone {
    /// What nobody else knows of this user.
    fn secret(&self) -> &[u8];

    /// Somebody who does not exist: nobody can authenticate as him, and he is challenged like the model, or like most
    /// where there is none. The same random bytes give the same one.
    fn decoy(model: Option<&Self>, random: [u8; 32]) -> Self;
}

/// The users of a method by authid, or where to ask for them. Cheap to clone.
#[derive(Clone)]
pub struct Users<U> {
    known: Known<U>,
    /// Known to nobody who does not know all the secrets.
    decoy_key: [u8; 32],
}

#[derive(Clone)]
enum Known<U> {
    Table(Arc<BTreeMap<ByteString, U>>),
    Asked,
    Judged,
}

/// Who knows what a method has to know of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Nobody,
    Table,
    Asked,
    Judged,
}

impl<U> Users<U> {
    /// Nobody is known; for each authid somebody is asked who it is ([`super::Matter::Credentials`]). Of that key,
    /// which should be random and stay the same for long, the unknown ones are made.
    #[must_use]
    pub const fn asked(decoy_key: [u8; 32]) -> Self {
        Self { known: Known::Asked, decoy_key }
    }

    /// Nobody is known; somebody is asked whether an answer is right ([`super::Matter::Judgement`]). For the methods
    /// ticket and WAMP-CRA only: for others it switches them off.
    #[must_use]
    pub const fn judged() -> Self {
        Self { known: Known::Judged, decoy_key: [0; 32] }
    }

    /// Whether nobody can authenticate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.source() == Source::Nobody
    }

    pub(crate) fn source(&self) -> Source {
        match &self.known {
            Known::Table(users) if users.is_empty() => Source::Nobody,
            Known::Table(_) => Source::Table,
            Known::Asked => Source::Asked,
            Known::Judged => Source::Judged,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ByteString, &U)> {
        if let Known::Table(users) = &self.known { Some(users.iter()) } else { None }.into_iter().flatten()
    }
}

impl<U: Credentials> Users<U> {
    /// The user to challenge, and whether he exists. For an authid that does not exist it is one that looks the same:
    /// always the same one for that authid, so that asking twice tells nothing either. He is made up for those who
    /// exist as well, so that the time tells nothing.
    pub(crate) fn user(&self, authid: &str) -> (U, bool) {
        let decoy = self.decoy(authid);
        match &self.known {
            Known::Table(users) => users.get(authid).map_or((decoy, false), |user| (user.clone(), true)),
            Known::Asked | Known::Judged => (decoy, false),
        }
    }

    fn decoy(&self, authid: &str) -> U {
        let random = hmac_sha256(&self.decoy_key, authid.as_bytes());
        let Known::Table(users) = &self.known else { return U::decoy(None, random) };
        let index = usize::from(u16::from_le_bytes([random[0], random[1]])) % users.len().max(1);
        U::decoy(users.values().nth(index), random)
    }
}

impl<U> Default for Users<U> {
    fn default() -> Self {
        Self { known: Known::Table(Arc::default()), decoy_key: [0; 32] }
    }
}

impl<U: Credentials, K: Into<ByteString>> FromIterator<(K, U)> for Users<U> {
    fn from_iter<T: IntoIterator<Item = (K, U)>>(users: T) -> Self {
        let users: BTreeMap<_, _> = users.into_iter().map(|(authid, user)| (authid.into(), user)).collect();
        let decoy_key = users.values().fold([0; 32], |key, user| hmac_sha256(&key, user.secret()));
        Self { known: Known::Table(Arc::new(users)), decoy_key }
    }
}

impl<U: fmt::Debug> fmt::Debug for Users<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.known {
            Known::Table(users) => f.debug_map().entries(users.iter()).finish(),
            Known::Asked => f.write_str("Asked"),
            Known::Judged => f.write_str("Judged"),
        }
    }
}
