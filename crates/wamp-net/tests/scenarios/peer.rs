//! One of a scenario's peers.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::timeout;
use wamp_proto::{Dict, Serializer, Value};

use crate::matrix::Transport;
use crate::pattern::show;
use crate::transport::Connection;

/// No step takes longer; when one does, the scenario has failed.
const PATIENCE: Duration = Duration::from_secs(15);

const HELLO: u64 = 1;
const WELCOME: u64 = 2;
const ERROR: u64 = 8;
const PUBLISHED: u64 = 17;

pub(crate) struct Peer {
    connection: Connection,
    serializer: Serializer,
    /// What has come and was not expected yet.
    pending: VecDeque<Value>,
    /// The roles of HELLO.
    roles: Dict,
    pub(crate) joined: bool,
    questions: u64,
}

/// What the router answers at once.
struct Question {
    message: Value,
    /// How the answer begins, down to the request.
    answer: Vec<u64>,
}

impl Question {
    fn is_answered_by(&self, message: &Value) -> bool {
        let fields = message.as_list().unwrap_or_default();
        let begins = fields.iter().take(self.answer.len()).map(Value::as_u64);
        begins.eq(self.answer.iter().map(|field| Some(*field)))
    }
}

pub(crate) async fn in_time<T>(step: impl Future<Output = T>) -> Result<T, String> {
    timeout(PATIENCE, step).await.map_err(|_| format!("nothing came for {} seconds", PATIENCE.as_secs()))
}

impl Peer {
    pub(crate) async fn connect(
        transport: &Transport,
        url: &str,
        serializer: Serializer,
        headers: &Dict,
    ) -> Result<Self, String> {
        let connection = in_time(Connection::open(transport, url, serializer, headers)).await??;
        let (pending, roles) = (VecDeque::new(), Dict::new());
        Ok(Self { connection, serializer, pending, roles, joined: false, questions: 0 })
    }

    pub(crate) async fn send(&mut self, message: &Value) -> Result<(), String> {
        if code_of(message) == Some(HELLO)
            && let Some([_, _, Value::Dict(details), ..]) = message.as_list()
        {
            self.roles = details.dict("roles").cloned().unwrap_or_default();
        }
        let frame = self.serializer.try_write_value(message).map_err(|e| format!("cannot be written: {e}"))?;
        in_time(self.connection.send(frame, self.serializer)).await?
    }

    /// The next message; `None` when the router has closed the connection.
    pub(crate) async fn receive(&mut self) -> Result<Option<Value>, String> {
        match self.pending.pop_front() {
            Some(message) => Ok(Some(message)),
            None => self.read().await,
        }
    }

    /// The next of the messages that have come already.
    pub(crate) fn take_pending(&mut self) -> Option<Value> {
        self.pending.pop_front()
    }

    /// The first message that is the one looked for; those before it stay to be expected.
    pub(crate) async fn find(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> Result<(), String> {
        let mut at = 0;
        loop {
            if at == self.pending.len() {
                match self.read().await {
                    Ok(Some(message)) => self.pending.push_back(message),
                    Ok(None) => return Err(format!("the router closed the connection; {}", self.waiting())),
                    Err(e) => return Err(format!("{e}; {}", self.waiting())),
                }
            }
            if self.pending.get(at).is_some_and(&mut wanted) {
                self.pending.remove(at);
                return Ok(());
            }
            at += 1;
        }
    }

    fn waiting(&self) -> String {
        let all: Vec<String> = self.pending.iter().map(show).collect();
        if all.is_empty() { "nothing came".to_owned() } else { format!("what came: {}", all.join("\n           ")) }
    }

    async fn read(&mut self) -> Result<Option<Value>, String> {
        let Some(frame) = in_time(self.connection.receive()).await? else { return Ok(None) };
        let message = self.serializer.read_value(&frame).map_err(|e| format!("what came is no value: {e}"))?;
        self.joined |= code_of(&message) == Some(WELCOME);
        Ok(Some(message))
    }

    /// Everything that the router has sent to this peer up to now has come when this returns.
    pub(crate) async fn catch_up(&mut self) -> Result<(), String> {
        let question = self.question()?;
        self.send(&question.message).await?;
        loop {
            let Some(message) = self.read().await? else {
                return Err(format!("the router closed the connection; {}", self.waiting()));
            };
            if question.is_answered_by(&message) {
                return Ok(());
            }
            self.pending.push_back(message);
        }
    }

    /// A request of a role that the peer has, which changes nothing.
    fn question(&mut self) -> Result<Question, String> {
        const UNKNOWN: u64 = 1 << 52;
        self.questions += 1;
        let request = (1 << 53) - self.questions;
        let about = "scenario.nothing.of.that.name";
        let has = |role| self.roles.get(role).is_some();
        let (code, rest) = match () {
            () if has("subscriber") => (34, vec![UNKNOWN.into()]),
            () if has("callee") => (66, vec![UNKNOWN.into()]),
            () if has("caller") => (48, vec![Dict::new().into(), about.into()]),
            () if has("publisher") => (16, vec![Dict::new().with("acknowledge", true).into(), about.into()]),
            () => return Err("a peer without a role cannot tell that nothing comes".to_owned()),
        };
        let answer = if code == 16 { vec![PUBLISHED, request] } else { vec![ERROR, code, request] };
        let message = Value::List([code.into(), request.into()].into_iter().chain(rest).collect());
        Ok(Question { message, answer })
    }

    /// What has come and was not expected.
    pub(crate) fn surprise(&self) -> Option<String> {
        (!self.pending.is_empty()).then(|| self.waiting())
    }
}

fn code_of(message: &Value) -> Option<u64> {
    message.as_list()?.first()?.as_u64()
}
