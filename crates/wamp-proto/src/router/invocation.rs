//! What the details of INVOCATION say, for this callee.

use bytestring::ByteString;

use super::calls::OpenCall;
use super::config::Disclosure;
use super::dealer::Route;
use super::passthru;
use super::progressive::Pieces;
use super::realm::RealmMachine;
use super::refusal::Refusal;
use super::session::Role;
use crate::Dict;

impl RealmMachine {
    /// The details for a callee, and what the call becomes with it. The options are those of CALL; where a call moves
    /// on to another callee, the details of the former INVOCATION, which have the same names.
    ///
    /// # Errors
    /// `wamp.error.feature_not_supported` when the call needs what the callee did not announce.
    pub(super) fn prepare(
        &self,
        route: &Route,
        procedure: &ByteString,
        options: &Dict,
        call: &mut OpenCall,
    ) -> Result<Dict, Refusal> {
        let mut details = Dict::new();
        if route.by_pattern {
            details.insert("procedure", procedure.clone());
        }
        let disclosed = match call.disclosure {
            Disclosure::Always => true,
            Disclosure::Auto => route.callee.disclose_caller,
            Disclosure::Never => false,
        };
        self.tell_of_caller(call, disclosed, &mut details);
        let Some(callee) = self.sessions.get(&route.callee.session) else { return Ok(details) };
        if call.progress && callee.announced.progress {
            details.insert("receive_progress", true);
        }
        if passthru::is_used(options) {
            let supported = callee.announced.passthru(Role::Callee);
            Refusal::check_support(supported, "the callee", "payload passthru mode")?;
            passthru::forward(options, &mut details);
        }
        let progress = options.flag("progress");
        Refusal::check_support(
            !progress || callee.announced.progressive_invocations,
            "the callee",
            "progressive call invocations",
        )?;
        call.forwarded = route.callee.forward_timeout && callee.announced.timeout;
        if let Some(left) = call.time_left(self.clock).filter(|_| call.forwarded) {
            details.insert("timeout", u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
        }
        if progress {
            call.pieces = Some(Box::new(Pieces::new(procedure, route.registration, &details)));
            details.insert("progress", true);
        }
        Ok(details)
    }

    /// Who calls, and how far it is trusted, as far as the realm tells that.
    fn tell_of_caller(&self, call: &OpenCall, disclosed: bool, details: &mut Dict) {
        if !disclosed && self.config.trust_levels.is_none() {
            return;
        }
        if let Some(caller) = self.sessions.get(&call.caller) {
            caller.describe(call.caller, "caller", disclosed, details);
        }
    }
}
