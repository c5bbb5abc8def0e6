//! A request for something else than a WebSocket.

use httparse::{EMPTY_HEADER, Status};

use super::Http;

/// No request has more headers.
const MAX_HEADERS: usize = 64;

/// The head of a request, and what came behind it.
#[derive(Debug)]
pub(in crate::router) struct Request {
    pub(super) target: Target,
    pub(super) method: String,
    /// What stands behind the question mark of the path.
    pub(super) query: String,
    headers: Vec<(String, String)>,
    pub(super) rest: Vec<u8>,
}

/// What it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::router) enum Target {
    Health,
    Publish,
}

impl Request {
    /// What that head asks for; `None` when it is not for plain HTTP, or not HTTP at all.
    pub(in crate::router) fn read(bytes: &[u8], http: &Http, websocket: &str) -> Option<Self> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Request::new(&mut headers);
        let Ok(Status::Complete(size)) = head.parse(bytes) else { return None };
        let (path, query) = head.path.map(|path| path.split_once('?').unwrap_or((path, "")))?;
        let publish = http.publish.as_ref().map(|publish| publish.path.as_str());
        let target = match Some(path) {
            _ if path == websocket => return None,
            asked if asked == http.health.as_deref() => Target::Health,
            asked if asked == publish => Target::Publish,
            _ => return None,
        };
        let text = |value| String::from_utf8_lossy(value).trim().to_owned();
        let headers = head.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value)));
        let (method, query, headers) = (head.method?.to_owned(), query.to_owned(), headers.collect());
        Some(Self { target, method, query, headers, rest: bytes[size..].to_vec() })
    }

    /// The header of that name, which is given in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// All headers of that name.
    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
