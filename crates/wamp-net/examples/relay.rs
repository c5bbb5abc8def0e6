//! What it costs to hand messages on without knowing what they are: the yardstick of the router's CPU time.
//!
//! `cargo run --release -p wamp-net --example relay [-- --gather]`
//!
//! Prints its URL and serves until its standard input ends. Each two connections in a row are a pair; what one of them
//! sends, the other one gets. Only the first message of a connection goes back to where it came from, as a sign that
//! somebody is there. Each direction is a task of tokio over tokio-tungstenite that sends each message
//! when it has come, or, with `--gather`, all together that are there.

use std::io::Read;
use std::net::SocketAddr;
use std::process::ExitCode;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

type Sink = SplitSink<WebSocketStream<TcpStream>, Message>;
type Stream = SplitStream<WebSocketStream<TcpStream>>;

fn main() -> ExitCode {
    let gather = std::env::args().any(|arg| arg == "--gather");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map(|runtime| runtime.block_on(serve(gather))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(e)) | Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(gather: bool) -> std::io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("ws://{}/ws", listener.local_addr()?);
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ended.send(())
    });
    tokio::select! {
        result = accept_pairs(listener, gather) => result,
        _ = end => Ok(()),
    }
}

async fn accept_pairs(listener: TcpListener, gather: bool) -> std::io::Result<()> {
    loop {
        let (first, second) = (accept(&listener).await, accept(&listener).await);
        if let (Ok((first_sink, first_stream)), Ok((second_sink, second_stream))) = (first, second) {
            tokio::spawn(relay(first_stream, second_sink, gather));
            tokio::spawn(relay(second_stream, first_sink, gather));
        }
    }
}

/// A connection whose first message has gone back.
async fn accept(listener: &TcpListener) -> Result<(Sink, Stream), Error> {
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    let websocket = accept_hdr_async(socket, agree).await?;
    let (mut sink, mut stream) = websocket.split();
    let first = stream.next().await.ok_or(Error::ConnectionClosed)??;
    sink.send(first).await?;
    Ok((sink, stream))
}

/// Whatever subprotocol is asked for.
#[allow(clippy::result_large_err)]
fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    if let Some(protocol) = request.headers().get(SEC_WEBSOCKET_PROTOCOL) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol.clone());
    }
    Ok(response)
}

async fn relay(mut from: Stream, mut to: Sink, gather: bool) -> Result<(), Error> {
    if gather {
        return from.forward(to).await;
    }
    while let Some(message) = from.next().await {
        to.send(message?).await?;
    }
    Ok(())
}
