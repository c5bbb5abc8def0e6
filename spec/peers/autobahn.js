// Autobahn|JS as a peer: node autobahn.js URL json|msgpack|cbor REALM [AUTHID SECRET [METHOD]]

const autobahn = require('autobahn');
const nacl = require('tweetnacl');
const when = require('when');
const { play } = require('./offers.js');

const [url, format, realm, authid, secret, method = 'wampcra'] = process.argv.slice(2);
const serializers = {
    json: autobahn.serializer.JSONSerializer,
    msgpack: autobahn.serializer.MsgpackSerializer,
    cbor: autobahn.serializer.CBORSerializer,
};

const keys = method === 'cryptosign' && nacl.sign.keyPair.fromSeed(Buffer.from(secret, 'hex'));

// A plain secret, or one to be derived with the salt that comes.
function sign(extra) {
    const key = extra.salt ? autobahn.auth_cra.derive_key(secret, extra.salt, extra.iterations, extra.keylen) : secret;
    return autobahn.auth_cra.sign(key, extra.challenge);
}

const answers = {
    ticket: () => secret,
    wampcra: (_session, extra) => sign(extra),
    cryptosign: (_session, extra) => autobahn.auth_cryptosign.sign_challenge(keys, extra),
};

const login = authid && {
    authid, authmethods: [method], onchallenge: (session, _method, extra) => answers[method](session, extra),
    ...keys && { authextra: { pubkey: Buffer.from(keys.publicKey).toString('hex') } },
};
const connection = new autobahn.Connection({
    url, realm, serializers: [new serializers[format]()], max_retries: 0, use_deferred: when.defer, ...login,
});

// A result with one positional value and no keyword values comes unwrapped.
function unwrap(result) {
    if (result instanceof autobahn.Result) return { args: result.args, kwargs: result.kwargs };
    return { args: result === null || result === undefined ? [] : [result], kwargs: {} };
}

const wrap = ({ args, kwargs }) => new autobahn.Result(args, kwargs);

connection.onopen = (session) => play({
    call: (procedure, args, kwargs, onProgress, disclose) => {
        const promise = session.call(procedure, args, kwargs, {
            ...onProgress && { receive_progress: true }, ...disclose && { disclose_me: true },
        });
        const answered = promise.then(unwrap, undefined, onProgress && ((result) => onProgress(unwrap(result))));
        return { answer: answered, cancel: (mode) => promise.cancel({ mode }) };
    },
    failure: (failure) => ({ error: failure.error, args: failure.args, kwargs: failure.kwargs }),
    error: (uri, args, kwargs) => new autobahn.Error(uri, args, kwargs),
    subscribe: (topic, handler, match) => session.subscribe(topic, (args, kwargs, about) => (
        handler({ args, kwargs, about })
    ), match && { match }),
    register: (procedure, rpc, match) => session.register(procedure, (args, kwargs, about) => when(
        rpc({ args, kwargs, about }, about.progress),
    ).then(wrap), match && { match }),
    publish: (topic, args, kwargs, disclose) => session.publish(topic, args, kwargs, {
        acknowledge: true, ...disclose && { disclose_me: true },
    }),
    leave: async () => connection.close(),
});
connection.onclose = (reason, details) => {
    if (reason !== 'closed') {
        console.error(`connection ${reason} ${details.reason}`);
        process.exit(1);
    }
};
connection.open();
