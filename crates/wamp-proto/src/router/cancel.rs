//! Calls that end before their answer: CANCEL, time limits, callers and callees that leave (specification: Call
//! Canceling, Call Timeouts, Caller Leaving and Callee Leaving During an RPC Invocation).

use super::calls::Invoked;
use super::realm::RealmMachine;
use super::refusal::{Refusal, Violation};
use crate::message::{Call, Cancel, Interrupt};
use crate::{Dict, Id, Instant, Message, Value, reason};

/// How CANCEL wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Skip,
    Kill,
    KillNoWait,
}

impl Mode {
    /// Without a mode the caller gets its answer at once and the callee hears of it, as with most routers.
    fn read(options: &Dict) -> Result<Self, Violation> {
        let Some(mode) = options.get("mode") else { return Ok(Self::KillNoWait) };
        match mode.as_str().map(|name| &**name) {
            Some("skip") => Ok(Self::Skip),
            Some("kill") => Ok(Self::Kill),
            Some("killnowait") => Ok(Self::KillNoWait),
            _ => Err(Violation::new("CANCEL with a mode that is not skip, kill or killnowait")),
        }
    }
}

impl RealmMachine {
    /// A call that is not open any more was answered while CANCEL was under way.
    pub(super) fn on_cancel(&mut self, from: Id, message: &Cancel) -> Result<(), Violation> {
        let mode = Mode::read(&message.options)?;
        let Some(key) = self.calls.find(from, message.request) else { return Ok(()) };
        match mode {
            Mode::Kill if self.takes_interrupt(key.callee) => self.interrupt(key, "kill", reason::CANCELED),
            Mode::KillNoWait => self.give_up(key, reason::CANCELED, "the call was canceled"),
            Mode::Skip | Mode::Kill => self.fail_call(key, reason::CANCELED, "the call was canceled"),
        }
        Ok(())
    }

    /// Fails the calls whose time is up.
    pub(super) fn expire_calls(&mut self, now: Instant) {
        while let Some(key) = self.calls.expired(now) {
            self.give_up(key, reason::TIMEOUT, "the call took longer than its time limit");
        }
    }

    /// The session is gone: nobody waits for its calls, and its invocations get no answer.
    pub(super) fn end_calls_of(&mut self, session: Id) {
        for key in self.calls.made_by(session) {
            self.interrupt(key, "killnowait", reason::CANCELED);
            self.calls.remove(key);
        }
        for key in self.calls.answered_by(session) {
            self.fail_call(key, reason::CANCELED, "the callee left before it answered");
        }
    }

    /// ERROR to the caller and INTERRUPT to the callee, whose answer is not awaited.
    pub(super) fn give_up(&mut self, key: Invoked, error: &'static str, message: &str) {
        self.interrupt(key, "killnowait", error);
        self.fail_call(key, error, message);
    }

    /// The call ends with an error; whatever the callee still answers is dropped.
    pub(super) fn fail_call(&mut self, key: Invoked, error: &'static str, message: &str) {
        if let Some(call) = self.calls.remove(key) {
            self.send(call.caller, Refusal::new(error, message).answer(Call::CODE, call.request));
        }
    }

    fn takes_interrupt(&self, callee: Id) -> bool {
        self.sessions.get(&callee).is_some_and(|session| session.announced.canceling)
    }

    /// INTERRUPT, once per invocation, to callees that support call canceling.
    fn interrupt(&mut self, key: Invoked, mode: &'static str, why: &'static str) {
        if !self.takes_interrupt(key.callee) {
            return;
        }
        let Some(call) = self.calls.get_mut(key) else { return };
        if !std::mem::replace(&mut call.interrupted, true) {
            let options = Dict::new().with("mode", Value::from(mode)).with("reason", why);
            self.send(key.callee, Message::Interrupt(Interrupt { request: key.invocation, options }));
        }
    }
}
