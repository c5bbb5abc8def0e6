// Autobahn|JS: exports `join`, as remote.js says.

const https = require('node:https');
const autobahn = require('autobahn');
const when = require('when');
const { bound, extraOf, keyPair } = require('./channel.js');

// That of Node 22 knows neither headers nor Unix sockets, and would be taken instead of the package's.
delete globalThis.WebSocket;

const serializers = {
    json: autobahn.serializer.JSONSerializer,
    msgpack: autobahn.serializer.MsgpackSerializer,
    cbor: autobahn.serializer.CBORSerializer,
};

// An agent that tells its last socket: the library keeps it for itself.
function watched() {
    const agent = new https.Agent();
    const connect = agent.createConnection;
    agent.createConnection = (...args) => {
        agent.socket = connect.apply(agent, args);
        return agent.socket;
    };
    return agent;
}

// Its RawSocket speaks JSON alone, over TCP and Unix sockets.
function transport({ url, format, headers, login }) {
    const [, scheme, rest] = /^([a-z+]+):\/\/(.*)$/.exec(url);
    if (scheme.startsWith('ws')) {
        const agent = login?.binding ? watched() : undefined;
        return { type: 'websocket', url, serializers: [new serializers[format]()], headers, agent };
    }
    if (format !== 'json' || scheme === 'tls') throw new Error(`${scheme} and ${format} are not for Autobahn|JS`);
    if (scheme === 'unix') return { type: 'rawsocket', path: rest };
    const [, host, port] = /^(.*):(\d+)$/.exec(rest);
    return { type: 'rawsocket', host, port: Number(port) };
}

// A plain secret, or one to be derived with the salt that comes.
function sign(secret, { challenge, salt, iterations, keylen }) {
    return autobahn.auth_cra.sign(salt ? autobahn.auth_cra.derive_key(secret, salt, iterations, keylen) : secret, challenge);
}

const answers = {
    ticket: ({ secret }) => secret,
    wampcra: ({ secret }, extra) => sign(secret, extra),
    cryptosign: ({ secret, binding }, extra, agent) => (
        autobahn.auth_cryptosign.sign_challenge(keyPair(secret), bound(extra, binding, () => agent.socket))
    ),
};

// A result with one positional value and no keyword values comes unwrapped.
function unwrap(result) {
    if (result instanceof autobahn.Result) return { args: result.args, kwargs: result.kwargs };
    return { args: result === null || result === undefined ? [] : [result], kwargs: {} };
}

const wrap = ({ args, kwargs }) => new autobahn.Result(args, kwargs);

function sessionOf(connection, session) {
    return {
        id: session.id,
        call(procedure, args, kwargs, options, onProgress) {
            const promise = session.call(procedure, args, kwargs, { ...options, ...onProgress && { receive_progress: true } });
            const answer = promise.then(unwrap, undefined, onProgress && ((result) => onProgress(unwrap(result))));
            return { answer, cancel: (mode) => promise.cancel({ mode }) };
        },
        failure: ({ error, args, kwargs, message }) => ({ error: error ?? message, args, kwargs }),
        error: (uri, args, kwargs) => new autobahn.Error(uri, args, kwargs),
        publish: (topic, args, kwargs, options) => (
            Promise.resolve(session.publish(topic, args, kwargs, { acknowledge: true, ...options }))
        ),
        async subscribe(topic, options, handler, onRevoked) {
            const heard = (args, kwargs, about) => handler({ args, kwargs, about });
            const subscription = await session.subscribe(topic, heard, options);
            let own = false;
            subscription.on_unsubscribe.then((reason) => own || onRevoked?.(reason));
            return { id: subscription.id, remove: () => { own = true; return subscription.unsubscribe(); } };
        },
        async register(procedure, options, rpc, onRevoked) {
            const invoked = (args, kwargs, about) => when(rpc({ args, kwargs, about }, about.progress)).then(wrap);
            const registration = await session.register(procedure, invoked, options);
            registration.on_unregister.then((reason) => onRevoked?.(reason));
            return { id: registration.id, remove: () => registration.unregister() };
        },
        leave: async () => connection.close(),
    };
}

function join({ url, format, realm, login, headers, onLeave }) {
    const way = transport({ url, format, headers, login });
    const connection = new autobahn.Connection({
        transports: [way], realm, max_retries: 0, use_deferred: when.defer, on_user_error: () => {},
        ...login && {
            authid: login.authid, authmethods: [login.method], authextra: extraOf(login),
            onchallenge: (_session, method, extra) => answers[method](login, extra, way.agent),
        },
    });
    return new Promise((resolve, reject) => {
        let joined = false;
        connection.onopen = (session) => {
            joined = true;
            resolve(sessionOf(connection, session));
        };
        connection.onclose = (reason, details) => {
            if (joined) onLeave?.(details.reason ?? reason);
            else reject(new autobahn.Error(details.reason ?? reason, [details.message]));
            return true;
        };
        connection.open();
    });
}

module.exports = { join };
