//! An HTTP answer.

use tokio_tungstenite::tungstenite::http::StatusCode;

/// What a request gets: something in JSON, or a line of text that says why not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Lines of the head, each with its end.
    extra: &'static str,
    content_type: &'static str,
    body: String,
    /// HEAD wants to know only what would be.
    headless: bool,
}

impl Answer {
    pub(super) fn json(body: String) -> Self {
        Self { status: StatusCode::OK, extra: "", content_type: "application/json", body, headless: false }
    }

    pub(super) fn refusal(status: StatusCode, why: impl Into<String>) -> Self {
        let extra = match status {
            StatusCode::UNAUTHORIZED => "WWW-Authenticate: Bearer realm=\"wamp\", Basic realm=\"wamp\"\r\n",
            _ => "",
        };
        let content_type = "text/plain; charset=utf-8";
        Self { status, extra, content_type, body: why.into() + "\n", headless: false }
    }

    pub(super) fn wrong_method(allow: &'static str, why: &str) -> Self {
        Self { extra: allow, ..Self::refusal(StatusCode::METHOD_NOT_ALLOWED, why) }
    }

    pub(super) fn without_body(self, headless: bool) -> Self {
        Self { headless, ..self }
    }

    pub(super) fn to_http(&self) -> Vec<u8> {
        let Self { status, extra, content_type, body, headless } = self;
        let (length, body) = (body.len(), if *headless { "" } else { body });
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{extra}\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
        )
        .into_bytes()
    }
}
