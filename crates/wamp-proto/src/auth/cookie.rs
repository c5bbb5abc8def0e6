//! Cookies of the HTTP upgrade (specification: Cookie-based Authentication).
//!
//! A cookie does one of two things. It may be a *pass*, without which nobody joins, and which says nothing about who it
//! is. Or it tells whose it is: then it is an authentication method of its own, `cookie`.

use std::sync::Arc;

use bytestring::ByteString;

use super::compare::same;

/// The method's name on the wire.
pub const METHOD: &str = "cookie";

/// The name of the cookie unless another is wanted.
pub const NAME: &str = "wampauth";

/// The cookies that are good.
#[derive(Clone, Debug)]
pub struct Jar {
    /// The cookie's name.
    pub name: ByteString,
    /// Whether nobody joins without a good one.
    pub required: bool,
    /// Which ones are good.
    pub known: Known,
}

/// Which cookies are good.
#[derive(Clone)]
pub enum Known {
    /// These values, and whose they are, if they tell.
    Table(Arc<[(String, Option<Owner>)]>),
    /// Somebody is asked ([`super::Matter::Cookie`]).
    Asked,
}

/// Whose a cookie is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The name that the session goes by.
    pub authid: ByteString,
    /// The role that it gets.
    pub role: ByteString,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table(values) => f.debug_set().entries(values.iter().map(|(_, owner)| owner)).finish(),
            Self::Asked => f.write_str("Asked"),
        }
    }
}

impl Jar {
    /// The value of the cookie in a `Cookie` header (RFC 6265, section 4.2.1), without its percent-encoding.
    pub(crate) fn value(&self, header: &str) -> Option<ByteString> {
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = { pairs }.find(|(name, _)| self.name == *name)?;
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        Some(decoded(value).into())
    }
}

/// The entry of that value; all are compared, so that the time tells nothing.
pub(crate) fn find<'a>(table: &'a [(String, Option<Owner>)], value: &str) -> Option<&'a Option<Owner>> {
    table
        .iter()
        .fold(None, |found, (good, owner)| if same(good.as_bytes(), value.as_bytes()) { Some(owner) } else { found })
}

fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = escaped.and_then(|digits| std::str::from_utf8(digits).ok()).and_then(super::hex::decode::<1>);
        bytes.push(byte.map_or(*first, |[byte]| byte));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_of_that_name_is_read_as_it_was_set() {
        let jar = Jar { name: "wampauth".into(), required: true, known: Known::Asked };
        let value = |header| jar.value(header).map(|value| value.to_string());
        for (header, expected) in [
            ("wampauth=abc", Some("abc")),
            ("a=1; wampauth=\"abc\"; wampauth=later", Some("abc")),
            ("xwampauth=abc; WAMPAUTH=abc", None),
            ("wampauth=", Some("")),
            ("wampauth=a%3Db%2", Some("a=b%2")),
            ("wampauth=%zz%", Some("%zz%")),
            ("wampauth", None),
            ("", None),
        ] {
            assert_eq!(value(header).as_deref(), expected, "{header}");
        }
    }
}
