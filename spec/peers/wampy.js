// Wampy.js as a peer: node wampy.js URL json|msgpack|cbor REALM [AUTHID SECRET [METHOD]]

const crypto = require('node:crypto');
const { Wampy } = require('wampy');
const { JsonSerializer } = require('wampy/JsonSerializer.js');
const { MsgpackSerializer } = require('wampy/MsgpackSerializer.js');
const { CborSerializer } = require('wampy/CborSerializer.js');
const cryptosign = require('wampy/cryptosign.js');
const nacl = require('tweetnacl');
const WebSocket = require('ws');
const { play } = require('./offers.js');

const [url, format, realm, authid, secret, method = 'wampcra'] = process.argv.slice(2);
const serializers = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer };

// Its own helper for WAMP-CRA is for browsers.
function answer(_method, { challenge, salt, iterations, keylen }) {
    const key = salt ? crypto.pbkdf2Sync(secret, salt, iterations, keylen, 'sha256').toString('base64') : secret;
    return crypto.createHmac('sha256', key).update(challenge).digest('base64');
}

const keys = method === 'cryptosign' && nacl.sign.keyPair.fromSeed(Buffer.from(secret, 'hex'));
const hex = (bytes) => Buffer.from(bytes).toString('hex');

const answers = {
    ticket: () => secret,
    wampcra: answer,
    cryptosign: keys && cryptosign.sign(secret),
};

const login = authid && {
    authid, authmethods: [method], onChallenge: answers[method],
    ...keys && { authextra: { pubkey: hex(keys.publicKey) } },
};
const wampy = new Wampy(url, {
    realm, ws: WebSocket, serializer: new serializers[format](), autoReconnect: false, ...login,
});

const values = ({ argsList, argsDict, details }) => ({ args: argsList ?? [], kwargs: argsDict ?? {}, about: details });
const payload = ({ args, kwargs }) => ({ argsList: args, argsDict: kwargs });

function register(procedure, rpc, match) {
    return wampy.register(procedure, (invocation) => {
        const progress = (args, kwargs) => invocation.result_handler({
            options: { progress: true }, ...payload({ args, kwargs }),
        });
        return Promise.resolve(rpc(values(invocation), progress)).then(payload);
    }, match && { match });
}

wampy.connect().then(() => play({
    call: (procedure, args, kwargs, onProgress, disclose) => {
        const advanced = onProgress && { progress_callback: (result) => onProgress(values(result)) };
        const promise = wampy.call(procedure, payload({ args, kwargs }), { ...advanced, ...disclose && { disclose_me: true } });
        const { reqId } = wampy.getOpStatus();
        return { answer: promise.then(values), cancel: (mode) => wampy.cancel(reqId, { mode }) };
    },
    failure: (failure) => ({ error: failure.errorUri, args: failure.argsList ?? [], kwargs: failure.argsDict ?? {} }),
    error: (uri, args, kwargs) => ({ error: uri, argsList: args, argsDict: kwargs }),
    // In MessagePack an option that is not given goes out as an extension, which crossbar refuses.
    subscribe: (topic, handler, match = 'exact') => wampy.subscribe(topic, (event) => handler(values(event)), {
        match, get_retained: false,
    }),
    register,
    publish: (topic, args, kwargs, disclose) => wampy.publish(topic, payload({ args, kwargs }), { disclose_me: disclose }),
    leave: () => wampy.disconnect(),
}));
