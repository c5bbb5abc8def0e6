//! Which web pages may use the router: browsers connect anywhere, but they say on whose behalf (RFC 6455, section 10.2).

use crate::authority;

/// Whether a page of that origin may, at the host that it asked for. `allowed` are patterns, if there are any.
pub(in crate::router) fn is_allowed(allowed: Option<&[String]>, origin: Option<&str>, host: Option<&str>) -> bool {
    // Not a browser.
    let Some(origin) = origin else { return true };
    match allowed {
        Some(patterns) => patterns.iter().any(|pattern| matches(&pattern.to_lowercase(), &origin.to_lowercase())),
        None => {
            let at = host.and_then(host_of_authority);
            host_of_origin(origin).is_some_and(|own| authority::is_loopback(own) || at.is_some_and(|at| eq(at, own)))
        }
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
        let allowed = |origin: &str| is_allowed(None, Some(origin), Some("Example.org:8080"));
        assert!(is_allowed(None, None, None));
        for origin in ["http://example.org", "https://example.org:8443", "http://localhost:3000", "http://[::1]:80"] {
            assert!(allowed(origin), "{origin}");
        }
        for origin in ["null", "file://", "http://evil.org", "http://example.org.evil.org", "", "http://localhost.evil"]
        {
            assert!(!allowed(origin), "{origin}");
        }
        assert!(!is_allowed(None, Some("http://example.org"), None));
    }

    #[test]
    fn patterns_decide_alone_where_there_are_some() {
        let patterns = ["https://*.example.org".to_owned(), "http://a*b*c".to_owned(), "null".to_owned()];
        let allowed = |origin: &str| is_allowed(Some(&patterns), Some(origin), Some("localhost"));
        for origin in ["https://www.example.org", "https://A.B.example.ORG", "http://abc", "http://axbxbxc", "null"] {
            assert!(allowed(origin), "{origin}");
        }
        for origin in [
            "http://www.example.org",
            "https://example.org",
            "https://x.example.org.evil",
            "http://ab",
            "http://localhost",
        ] {
            assert!(!allowed(origin), "{origin}");
        }
        assert!(is_allowed(Some(&["*".to_owned()]), Some("anything"), None));
        assert!(!is_allowed(Some(&[]), Some("http://localhost"), Some("localhost")));
    }
}
