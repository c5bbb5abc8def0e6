//! The URIs that the specification reserves for errors and for leaving (Error Codes and Reasons; Predefined URIs).

macro_rules! uris {
    ($($(#[$doc:meta])* $name:ident = $uri:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $uri;)*
    };
}

uris! {
    /// A URI that the rules for URIs refuse.
    INVALID_URI = "wamp.error.invalid_uri";
    /// A call of a procedure that nobody has registered.
    NO_SUCH_PROCEDURE = "wamp.error.no_such_procedure";
    /// A registration of a procedure that somebody else has registered.
    PROCEDURE_ALREADY_EXISTS = "wamp.error.procedure_already_exists";
    /// A registration that conflicts with the invocation policy of the present one.
    PROCEDURE_EXISTS_WITH_DIFFERENT_POLICY = "wamp.error.procedure_exists_with_different_invocation_policy";
    /// UNREGISTER names a registration that is not the session's.
    NO_SUCH_REGISTRATION = "wamp.error.no_such_registration";
    /// UNSUBSCRIBE names a subscription that is not the session's.
    NO_SUCH_SUBSCRIPTION = "wamp.error.no_such_subscription";
    /// A meta procedure names a session that does not exist, or the caller's own where it must be another's.
    NO_SUCH_SESSION = "wamp.error.no_such_session";
    /// Arguments that the callee, or the router, cannot take.
    INVALID_ARGUMENT = "wamp.error.invalid_argument";
    /// The peer broke the protocol.
    PROTOCOL_VIOLATION = "wamp.error.protocol_violation";
    /// The session is not allowed to do what it asked for.
    NOT_AUTHORIZED = "wamp.error.not_authorized";
    /// The router could not find out whether the session may.
    AUTHORIZATION_FAILED = "wamp.error.authorization_failed";
    /// The answer to the challenge is wrong, or the principal does not exist.
    AUTHENTICATION_DENIED = "wamp.error.authentication_denied";
    /// The authentication itself failed for a technical reason.
    AUTHENTICATION_FAILED = "wamp.error.authentication_failed";
    /// The client cannot answer the challenge.
    CANNOT_AUTHENTICATE = "wamp.error.cannot_authenticate";
    /// No authentication method that both sides know.
    NO_MATCHING_AUTH_METHOD = "wamp.error.no_matching_auth_method";
    /// The realm is not served here.
    NO_SUCH_REALM = "wamp.error.no_such_realm";
    /// The role of that name is not served here.
    NO_SUCH_ROLE = "wamp.error.no_such_role";
    /// The principal of that name does not exist.
    NO_SUCH_PRINCIPAL = "wamp.error.no_such_principal";
    /// The call was canceled.
    CANCELED = "wamp.error.canceled";
    /// The call took longer than its time limit.
    TIMEOUT = "wamp.error.timeout";
    /// The caller does not want its identity kept from the callee, but the router forbids to tell it.
    OPTION_DISALLOWED_DISCLOSE_ME = "wamp.error.option_disallowed.disclose_me";
    /// The option is not allowed here.
    OPTION_NOT_ALLOWED = "wamp.error.option_not_allowed";
    /// Something between the peers failed, for example the callee's connection.
    NETWORK_FAILURE = "wamp.error.network_failure";
    /// The callee cannot take the invocation now.
    UNAVAILABLE = "wamp.error.unavailable";
    /// No callee is left that can take the invocation.
    NO_AVAILABLE_CALLEE = "wamp.error.no_available_callee";
    /// The other side does not support the feature.
    FEATURE_NOT_SUPPORTED = "wamp.error.feature_not_supported";
    /// The payload is larger than the transport or the router takes.
    PAYLOAD_SIZE_EXCEEDED = "wamp.error.payload_size_exceeded";
    /// An application error without a URI of its own, as Loowy 0.4.1 names it.
    INVOCATION_EXCEPTION = "wamp.error.invocation_exception";
    /// GOODBYE: the peer or its host shuts down.
    SYSTEM_SHUTDOWN = "wamp.close.system_shutdown";
    /// GOODBYE: the session leaves its realm.
    CLOSE_REALM = "wamp.close.close_realm";
    /// The answer to a GOODBYE.
    GOODBYE_AND_OUT = "wamp.close.goodbye_and_out";
    /// GOODBYE: the session ends as it should; also what a session that was killed hears when no reason was given.
    NORMAL = "wamp.close.normal";
    /// GOODBYE: the session was killed.
    KILLED = "wamp.close.killed";
    /// ABORT: the client gave up joining, as Loowy 0.4.1 names it.
    ABORT = "wamp.error.abort";
}
