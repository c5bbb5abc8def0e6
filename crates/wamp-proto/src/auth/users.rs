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

    /// What of a challenge is the same for many users.
    type Shape: Ord;

    /// What challenges of this user look like.
    fn shape(&self) -> Self::Shape;

    /// Somebody who does not exist: nobody can authenticate as him, and he is challenged like the model, or like most
    /// where there is none. The same random bytes give the same one.
    fn decoy(model: Option<&Self>, random: [u8; 32]) -> Self;
}

/// The users of a method by authid, or where to ask for them. Cheap to clone.
#[derive(Clone)]
pub struct Users<U> {
    known: Known<U>,
    decoys: Decoys<U>,
}

/// What those are made of who do not exist.
#[derive(Clone)]
struct Decoys<U> {
    /// Known to nobody who does not know all the secrets.
    key: [u8; 32],
    /// One user of each shape, in their order, and how many users have this one or one before.
    models: Arc<[(usize, U)]>,
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
    pub fn asked(decoy_key: [u8; 32]) -> Self {
        Self { known: Known::Asked, decoys: Decoys { key: decoy_key, models: Arc::default() } }
    }

    /// The same; who is unknown is challenged like that user.
    #[must_use]
    pub fn asked_about_others_like(decoy_key: [u8; 32], model: U) -> Self {
        Self { known: Known::Asked, decoys: Decoys { key: decoy_key, models: [(1, model)].into() } }
    }

    /// Nobody is known; somebody is asked whether an answer is right ([`super::Matter::Judgement`]). For the methods
    /// ticket and WAMP-CRA only: for others it switches them off.
    #[must_use]
    pub fn judged() -> Self {
        Self { known: Known::Judged, decoys: Decoys::default() }
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
        let random = hmac_sha256(&self.decoys.key, authid.as_bytes());
        U::decoy(self.decoys.model(u16::from_le_bytes([random[30], random[31]])), random)
    }

    /// These users come after those: who does not exist stays the same to who asks before and afterwards. Only when there
    /// are other shapes of challenges than before, some get another one.
    pub fn keep_decoys(&mut self, former: &Self) {
        if former.is_empty() {
            return;
        }
        self.decoys.key = former.decoys.key;
        if self.decoys.shapes().eq(former.decoys.shapes()) {
            self.decoys.models = former.decoys.models.clone();
        }
    }
}

impl<U: Credentials> Decoys<U> {
    fn of<'a>(users: impl Iterator<Item = &'a U> + Clone) -> Self
    where
        U: 'a,
    {
        let key = users.clone().fold([0; 32], |key, user| hmac_sha256(&key, user.secret()));
        let mut shapes = BTreeMap::new();
        for user in users {
            shapes.entry(user.shape()).or_insert((0, user)).0 += 1;
        }
        let sum = |total: &mut usize, (count, user): (usize, &U)| {
            *total += count;
            Some((*total, user.clone()))
        };
        Self { key, models: shapes.into_values().scan(0, sum).collect() }
    }

    /// Shapes are as frequent among those who do not exist as among those who do.
    fn model(&self, random: u16) -> Option<&U> {
        let (total, _) = self.models.last()?;
        let place = (usize::from(random) * total) >> 16;
        self.models.iter().find(|(count, _)| place < *count).map(|(_, user)| user)
    }

    fn shapes(&self) -> impl Iterator<Item = U::Shape> {
        self.models.iter().map(|(_, user)| user.shape())
    }
}

impl<U> Default for Decoys<U> {
    fn default() -> Self {
        Self { key: [0; 32], models: Arc::new([]) }
    }
}

impl<U> Default for Users<U> {
    fn default() -> Self {
        Self { known: Known::Table(Arc::default()), decoys: Decoys::default() }
    }
}

impl<U: Credentials, K: Into<ByteString>> FromIterator<(K, U)> for Users<U> {
    fn from_iter<T: IntoIterator<Item = (K, U)>>(users: T) -> Self {
        let users: BTreeMap<_, _> = users.into_iter().map(|(authid, user)| (authid.into(), user)).collect();
        let decoys = Decoys::of(users.values());
        Self { known: Known::Table(Arc::new(users)), decoys }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Kdf;
    use super::super::scram::User;
    use super::*;

    fn user(salt: &str, iterations: u32) -> User {
        let kdf = Kdf::Pbkdf2 { iterations };
        User::of_password("user".into(), "secret", kdf, salt.into()).unwrap()
    }

    fn table(users: &[(&'static str, u32)]) -> Users<User> {
        users.iter().map(|(authid, iterations)| (*authid, user(&format!("salt of {authid}"), *iterations))).collect()
    }

    /// What a client sees of them.
    fn seen(users: &Users<User>) -> Vec<(Vec<u8>, Kdf)> {
        (0..100).map(|n| users.user(&format!("nobody{n}")).0).map(|user| (user.salt, user.kdf)).collect()
    }

    #[test]
    fn who_does_not_exist_is_the_same_after_others_have_come_and_gone() {
        let former = table(&[("ann", 5), ("bob", 7), ("joe", 7)]);
        let mut users = table(&[("bob", 7), ("eve", 5), ("ivy", 7), ("kim", 7)]);
        assert_ne!(seen(&users), seen(&former));
        users.keep_decoys(&former);
        assert_eq!(seen(&users), seen(&former));
        let frequent = seen(&users).iter().filter(|(_, kdf)| *kdf == Kdf::Pbkdf2 { iterations: 7 }).count();
        assert!((45..85).contains(&frequent), "two of three, and {frequent} of a hundred");
    }

    #[test]
    fn those_look_like_users_of_today_and_are_not_guessed() {
        let former = table(&[("ann", 5)]);
        let mut users = table(&[("ann", 6)]);
        users.keep_decoys(&former);
        assert!(seen(&users).iter().all(|(_, kdf)| *kdf == Kdf::Pbkdf2 { iterations: 6 }));
        assert_eq!(users.decoys.key, former.decoys.key);
        let mut users = table(&[("ann", 5)]);
        users.keep_decoys(&Users::default());
        assert_ne!(users.decoys.key, [0; 32]);
    }

    #[test]
    fn where_somebody_is_asked_a_model_may_be_given() {
        let model = User { salt: vec![0; 24], ..user("salt", 9) };
        let (unknown, exists) = Users::asked_about_others_like([1; 32], model).user("nobody");
        assert!(!exists && unknown.salt.len() == 24 && unknown.kdf == Kdf::Pbkdf2 { iterations: 9 });
    }
}
