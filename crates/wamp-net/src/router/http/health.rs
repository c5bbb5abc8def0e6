//! Whether the router runs.

use super::super::server::Shared;
use super::answer::Answer;
use super::request::Request;

pub(super) fn answer(request: &Request, shared: &Shared) -> Answer {
    let headless = match request.method.as_str() {
        "GET" => false,
        "HEAD" => true,
        _ => return Answer::wrong_method("Allow: GET, HEAD\r\n", "This path takes GET."),
    };
    let (sessions, version) = (shared.counters.read().sessions, env!("CARGO_PKG_VERSION"));
    let body = format!("{{\"status\":\"ok\",\"sessions\":{sessions},\"version\":\"{version}\"}}\n");
    Answer::json(body).without_body(headless)
}
