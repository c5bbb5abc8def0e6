//! Which web pages may use the router: browsers connect anywhere, but they say on whose behalf (RFC 6455, section 10.2).
//!
//! A page may use the host that it comes from. Browsers take its name for it, and whoever owns a name may let it lead to
//! this machine after the page has been loaded (DNS rebinding). So a name counts only where it cannot be borrowed: an
//! address is no name, TLS has it proved by the certificate, and the router may have been told to listen on it.

use std::net::IpAddr;

use crate::authority;

/// Which web pages may use the router at one of its addresses.
#[derive(Debug, Default)]
pub(in crate::router) struct Pages {
    /// Patterns of origins, which decide alone if there are any.
    allowed: Option<Vec<String>>,
    /// Whether TLS proves the names of hosts.
    secure: bool,
    /// The hosts that the router was told to listen on.
    own: Vec<String>,
}

impl Pages {
    pub(in crate::router) fn new(allowed: Option<&[String]>, secure: bool, own: &[String]) -> Self {
        let allowed = allowed.map(|patterns| patterns.iter().map(|pattern| pattern.to_lowercase()).collect());
        Self { allowed, secure, own: own.to_vec() }
    }

    /// Whether a page of that origin may, at the host that it asked for.
    pub(in crate::router) fn may(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        // Not a browser.
        let Some(origin) = origin else { return true };
        match &self.allowed {
            Some(patterns) => patterns.iter().any(|pattern| matches(pattern, &origin.to_lowercase())),
            None => host_of_origin(origin).is_some_and(|from| self.is_at_home(from, host)),
        }
    }

    fn is_at_home(&self, from: &str, host: Option<&str>) -> bool {
        let at = host.and_then(host_of_authority);
        let is_there = at.is_some_and(|at| eq(at, from));
        authority::is_loopback(from) || is_there && self.is_certain(from)
    }

    /// Whether nobody else's page can come from that host.
    fn is_certain(&self, host: &str) -> bool {
        self.secure || host.parse::<IpAddr>().is_ok() || self.own.iter().any(|own| eq(own, host))
    }
}

fn eq(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn host_of_origin(origin: &str) -> Option<&str> {
    let (scheme, rest) = origin.split_once("://")?;
    let host = host_of_authority(rest)?;
    (eq(scheme, "http") || eq(scheme, "https")).then_some(host)
}

fn host_of_authority(authority: &str) -> Option<&str> {
    authority::split(authority).map(|(host, _)| host)
}

/// Whether the text is what the pattern says, `*` being any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|begin| text.strip_prefix(begin)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_pages_of_the_same_host_and_of_this_machine_may() {
        let pages = Pages::new(None, false, &["Example.org".to_owned()]);
        let may = |origin: &str| pages.may(Some(origin), Some("example.org:8080"));
        assert!(pages.may(None, None));
        for origin in ["http://EXAMPLE.org", "https://example.org:8443", "http://localhost:3000", "http://[::1]:80"] {
            assert!(may(origin), "{origin}");
        }
        for origin in ["null", "file://", "http://evil.org", "http://example.org.evil.org", "", "http://localhost.evil"]
        {
            assert!(!may(origin), "{origin}");
        }
        assert!(!pages.may(Some("http://example.org"), None));
    }

    #[test]
    fn a_name_that_leads_here_is_not_the_same_host_unless_nobody_else_can_have_it() {
        let may = |pages: &Pages, host: &str| pages.may(Some(&format!("http://{host}")), Some(host));
        let (plain, secure) = (Pages::default(), Pages::new(None, true, &[]));
        for host in ["192.0.2.1:8080", "[2001:db8::1]", "127.0.0.1", "localhost:8080"] {
            assert!(may(&plain, host), "{host}");
        }
        for host in ["evil.org:8080", "localhost.evil.org", "127.0.0.1.evil.org", "router", "localhost.:80"] {
            assert!(!may(&plain, host), "{host}");
        }
        assert!(may(&secure, "example.org"));
        assert!(!secure.may(Some("https://evil.org"), Some("example.org")));
    }

    #[test]
    fn patterns_decide_alone_where_there_are_some() {
        let patterns = ["https://*.Example.org".to_owned(), "http://a*b*c".to_owned(), "null".to_owned()];
        let pages = Pages::new(Some(&patterns), true, &["localhost".to_owned()]);
        let may = |origin: &str| pages.may(Some(origin), Some("localhost"));
        for origin in ["https://www.example.org", "https://A.B.example.ORG", "http://abc", "http://axbxbxc", "null"] {
            assert!(may(origin), "{origin}");
        }
        for origin in [
            "http://www.example.org",
            "https://example.org",
            "https://x.example.org.evil",
            "http://ab",
            "http://localhost",
        ] {
            assert!(!may(origin), "{origin}");
        }
        assert!(Pages::new(Some(&["*".to_owned()]), false, &[]).may(Some("anything"), None));
        assert!(!Pages::new(Some(&[]), false, &[]).may(Some("http://localhost"), Some("localhost")));
    }
}
