// Wampy.js: exports `join`, as remote.js says.

const { pathToFileURL } = require('node:url');
const { Wampy } = require('wampy');
const { JsonSerializer } = require('wampy/JsonSerializer.js');
const { MsgpackSerializer } = require('wampy/MsgpackSerializer.js');
const { CborSerializer } = require('wampy/CborSerializer.js');
const cryptosign = require('wampy/cryptosign.js');
const WebSocket = require('ws');
const { bound, extraOf } = require('./channel.js');

const serializers = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer };

// It takes URLs of ws:// and wss:// alone, and any class of sockets, which may as well connect to another URL.
function socketTo(url, headers, opened) {
    return class extends WebSocket {
        constructor(_url, protocols) {
            super(url, protocols, { headers });
            opened(this);
        }
    };
}

// A module for `import`, whatever its package says.
const cra = () => import(pathToFileURL(require.resolve('wampy/wampcra.js')));

const answers = {
    ticket: ({ secret }) => secret,
    wampcra: async ({ secret }, extra) => (await cra()).sign(secret)('wampcra', extra),
    cryptosign: ({ secret, binding }, extra, socket) => (
        cryptosign.sign(secret)('cryptosign', bound(extra, binding, () => socket()._socket))
    ),
};

const values = ({ argsList, argsDict, details }) => ({ args: argsList ?? [], kwargs: argsDict ?? {}, about: details });
const payload = ({ args, kwargs }) => ({ argsList: args, argsDict: kwargs });

// A call whose arguments come in pieces: `send` the next, or with `last` the last one.
function progressiveCall(wampy, procedure, args, kwargs, options) {
    const { result, sendData } = wampy.progressiveCall(procedure, payload({ args, kwargs }), options);
    return {
        answer: result.then(values),
        send: (more, last) => sendData(payload({ args: more, kwargs: {} }), { progress: !last }),
    };
}

function sessionOf(wampy) {
    return {
        id: wampy.getSessionId(),
        call(procedure, args, kwargs, options, onProgress) {
            const advanced = { ...options, ...onProgress && { progress_callback: (result) => onProgress(values(result)) } };
            if (options?.progress) return progressiveCall(wampy, procedure, args, kwargs, advanced);
            const promise = wampy.call(procedure, payload({ args, kwargs }), advanced);
            const { reqId } = wampy.getOpStatus();
            return { answer: promise.then(values), cancel: (mode) => wampy.cancel(reqId, { mode }) };
        },
        failure: ({ errorUri, message, argsList, argsDict }) => (
            { error: errorUri ?? message, args: argsList ?? [], kwargs: argsDict ?? {} }
        ),
        error: (uri, args, kwargs) => ({ error: uri, argsList: args, argsDict: kwargs }),
        publish: (topic, args, kwargs, options) => (
            wampy.publish(topic, payload({ args, kwargs }), options ?? {}).then(({ publicationId }) => ({ id: publicationId }))
        ),
        async subscribe(topic, options, handler) {
            const heard = (event) => handler(values(event));
            // In MessagePack an option that is not given goes out as an extension, which crossbar refuses.
            const all = options && { match: 'exact', get_retained: false, ...options };
            const { subscriptionId } = await wampy.subscribe(topic, heard, all);
            return { id: subscriptionId, remove: () => wampy.unsubscribe(subscriptionId, heard) };
        },
        async register(procedure, options, rpc) {
            const invoked = (invocation) => {
                const progress = (args, kwargs) => invocation.result_handler({
                    options: { progress: true }, ...payload({ args, kwargs }),
                });
                return Promise.resolve(rpc(values(invocation), progress)).then(payload);
            };
            const { registrationId } = await wampy.register(procedure, invoked, options ?? {});
            return { id: registrationId, remove: () => wampy.unregister(procedure) };
        },
        leave: () => wampy.disconnect(),
    };
}

async function join({ url, format, realm, login, headers, announce, onLeave }) {
    let socket;
    const wampy = new Wampy(url.replace(/^ws\+unix:.*/, 'ws://unix'), {
        realm, ws: socketTo(url, headers, (opened) => { socket = opened; }), serializer: new serializers[format](),
        autoReconnect: false, onClose: () => onLeave?.(),
        ...login && {
            authid: login.authid, authmethods: [login.method], authextra: extraOf(login) ?? {},
            onChallenge: (method, extra) => answers[method](login, extra, () => socket),
        },
    });
    // It has pieces of arguments, and does not say so.
    const { caller, callee } = wampy._wamp_features.roles;
    Object.assign(caller.features, announce);
    Object.assign(callee.features, announce);
    try {
        await wampy.connect();
    } catch (failure) {
        throw Object.assign(new Error(failure.errorUri ?? failure.message), { error: failure.errorUri });
    }
    return sessionOf(wampy);
}

module.exports = { join };
