//! Host and port of a URL.

use std::net::{IpAddr, Ipv6Addr};

/// The host, without the brackets of an IPv6 address, and what stands behind its colon; `None` where that is no host.
pub(crate) fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    let host_and_port = authority.rsplit('@').next()?;
    let (host, rest) = match host_and_port.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').filter(|(host, _)| is_ipv6(host))?,
        None => host_and_port.split_at(host_and_port.find(':').unwrap_or(host_and_port.len())),
    };
    if host.is_empty() || host.contains(['[', ']']) {
        return None;
    }
    match rest.strip_prefix(':') {
        None => rest.is_empty().then_some((host, None)),
        port => Some((host, port)),
    }
}

/// Perhaps with a zone.
fn is_ipv6(host: &str) -> bool {
    host.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// Whether the host, without brackets, is this machine under a name that nobody else has.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// With the brackets that an IPv6 address has in URLs.
pub(crate) fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
