//! The HTTP request that opens a WebSocket, and the serializer that the answer chooses.

use tokio_tungstenite::tungstenite::handshake::client::{Request, Response, generate_key};
use tokio_tungstenite::tungstenite::http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use wamp_proto::Serializer;

use super::connector::Target;
use super::failure::ConnectError;

/// The request, with the serializers offered in the order of preference (WAMP over WebSocket, "Transport and Session
/// Lifetime").
pub(super) fn build(target: &Target) -> Result<Request, ConnectError> {
    let endpoint = &target.endpoint;
    let offered = offered(&target.serializers);
    let mut request = Request::new(());
    // The WebSocket library wants a whole URI and takes the path from it.
    let uri = format!("ws://localhost{}", endpoint.path);
    *request.uri_mut() = uri.parse().map_err(|_| ConnectError::Header("path".into()))?;
    let headers = request.headers_mut();
    add_custom(headers, &target.options.headers)?;
    if !headers.contains_key(HOST) {
        headers.insert(HOST, value("host", &endpoint.authority())?);
    }
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, value("sec-websocket-key", &generate_key())?);
    headers.insert(SEC_WEBSOCKET_PROTOCOL, value("sec-websocket-protocol", &offered)?);
    Ok(request)
}

/// The names of the serializers as subprotocols.
pub(super) fn offered(serializers: &[Serializer]) -> String {
    serializers.iter().map(|serializer| serializer.subprotocol()).collect::<Vec<_>>().join(", ")
}

/// What the router chose.
pub(super) fn chosen_serializer(response: &Response, target: &Target) -> Result<Serializer, ConnectError> {
    let header = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
    let chosen = header.and_then(|name| name.to_str().ok()).and_then(Serializer::from_subprotocol);
    chosen.filter(|serializer| target.serializers.contains(serializer)).ok_or_else(|| ConnectError::Subprotocol {
        peer: target.endpoint.to_string(),
        chosen: if header.is_some() { "the server chose one that was not offered".into() } else { String::new() },
    })
}

fn add_custom(headers: &mut HeaderMap, custom: &[(String, String)]) -> Result<(), ConnectError> {
    for (name, text) in custom {
        let key = HeaderName::try_from(name).map_err(|_| ConnectError::Header(name.clone()))?;
        if key == CONNECTION || key == UPGRADE || key.as_str().starts_with("sec-websocket-") {
            return Err(ConnectError::Header(name.clone()));
        }
        let text = value(name, text)?;
        headers.append(key, text);
    }
    Ok(())
}

fn value(name: &str, text: &str) -> Result<HeaderValue, ConnectError> {
    HeaderValue::try_from(text).map_err(|_| ConnectError::Header(name.to_owned()))
}
