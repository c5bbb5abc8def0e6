// A peer that is told what to do: node remote.js autobahn|wampy URL, of a router with the realm `control`.
//
// Over a session of its own in that realm it offers procedures `remote.NAME`, all with keyword values. Those of the others
// are `key`, a name for the session that is meant, and what `join`, `call` etc. take. What happens meanwhile it publishes on
// `remote.told`: the key, what it is, and a value.
//
//   join(key, url, format, realm, login, headers)   a session: its id. `login` has method, authid, secret and binding;
//                                                   `announce` has further features as caller and callee
//   leave(key)
//   call(key, procedure, args, kwargs, options)     what came back, or `error` with it. Tells `progress`. With `cancel`, a
//                                                   mode, the call is canceled at `remote.cancel`; with `pieces`, its
//                                                   arguments come in those
//   publish(key, topic, args, kwargs, options)      the publication's id
//   subscribe(key, topic, options, name)            the subscription's id; tells `event`, and `revoked` with the name
//   register(key, procedure, options, name, kind)   the registration's id. `kind` is one of those below
//   remove(key, name)                               that subscription or registration
//   http(method, url, headers, body)                plain HTTP by what the language has: status and body
//
// A library exports `join({ url, format, realm, login, headers, announce, onLeave })`, which promises a session:
//   id, leave(), failure(reason), error(uri, args, kwargs)
//   call(procedure, args, kwargs, options, onProgress) -> { answer, cancel(mode) }
//   publish(topic, args, kwargs, options) -> promise of { id }
//   subscribe(topic, options, handler, onRevoked), register(procedure, options, rpc, onRevoked) -> promise of { id, remove() }

const [, , library, control] = process.argv;
const { join } = require(`./${library}.js`);

const sessions = new Map();
let director;

// What JSON has: in MessagePack Wampy.js makes large integers of a type of their own.
function plain(value) {
    if (typeof value === 'bigint') return Number(value);
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function tell(key, what, value) {
    director.publish('remote.told', plain([key, what, value ?? null]), {});
}

// What a procedure does, by its kind.
const KINDS = {
    echo: ({ args, kwargs }) => ({ args, kwargs }),
    fail: ({ args: [uri, ...args], kwargs }, { session }) => { throw session.error(uri, args, kwargs); },
    who: (_, { key }) => ({ args: [key], kwargs: {} }),
    about: ({ about }) => ({ args: [], kwargs: shown(about) }),
    progress: ({ args: [count] }, _, progress) => {
        for (let i = 1; progress && i <= count; i += 1) progress([i], { i });
        return { args: ['done'], kwargs: {} };
    },
    pending: (_, { key }) => {
        tell(key, 'invoked');
        return new Promise(() => {});
    },
    // Each piece is told; the last one brings the result.
    pieces: ({ args, about }, { key }) => {
        tell(key, 'piece', args);
        return about.progress ? new Promise(() => {}) : { args: ['whole'], kwargs: {} };
    },
};

// Details without what nobody has set.
function shown(about) {
    return Object.fromEntries(Object.entries(about).filter(([, value]) => (
        value !== undefined && value !== null && typeof value !== 'function'
    )));
}

function called({ key, procedure, args = [], kwargs = {}, options, cancel, pieces }) {
    const { session } = sessions.get(key);
    const onProgress = options?.receive_progress && ((result) => tell(key, 'progress', result));
    const call = session.call(procedure, args, kwargs, options, onProgress);
    if (cancel) sessions.get(key).cancel = () => call.cancel(cancel);
    (pieces ?? []).forEach((piece, i) => call.send(piece, i === pieces.length - 1));
    return call.answer.catch((failure) => session.failure(failure));
}

const offers = {
    async join({ key, ...how }) {
        const session = await join({ ...how, onLeave: (reason) => tell(key, 'left', reason) });
        sessions.set(key, { key, session, kept: new Map() });
        return { id: session.id };
    },
    leave: ({ key }) => sessions.get(key).session.leave().then(() => ({})),
    call: called,
    cancel: ({ key }) => { sessions.get(key).cancel(); return {}; },
    async publish({ key, topic, args = [], kwargs = {}, options }) {
        const publication = await sessions.get(key).session.publish(topic, args, kwargs, options);
        return { id: publication?.id };
    },
    async subscribe({ key, topic, options, name }) {
        const { session, kept } = sessions.get(key);
        const heard = ({ args, kwargs, about }) => tell(key, 'event', { name, args, kwargs, about: shown(about) });
        kept.set(name, await session.subscribe(topic, options, heard, (reason) => tell(key, 'revoked', { name, reason })));
        return { id: kept.get(name).id };
    },
    async register({ key, procedure, options, name, kind }) {
        const { session, kept } = sessions.get(key);
        const rpc = (invocation, progress) => KINDS[kind](invocation, sessions.get(key), progress);
        kept.set(name, await session.register(procedure, options, rpc, (reason) => tell(key, 'revoked', { name, reason })));
        return { id: kept.get(name).id };
    },
    async remove({ key, name }) {
        await sessions.get(key).kept.get(name).remove();
        return {};
    },
    async http({ method, url, headers, body }) {
        const answer = await fetch(url, { method, headers, body });
        return { status: answer.status, body: await answer.text() };
    },
    stop() {
        setImmediate(() => director.leave().then(() => process.exit(0)));
        return {};
    },
};

process.on('unhandledRejection', (reason) => {
    console.error(reason);
    process.exit(1);
});

async function main() {
    director = await join({ url: control, format: 'json', realm: 'control' });
    for (const [name, offer] of Object.entries(offers)) {
        await director.register(`remote.${name}`, {}, async ({ kwargs }) => {
            try {
                return { args: [], kwargs: plain(await offer(kwargs)) };
            } catch (failure) {
                const { error, errorUri, message, args } = failure;
                return { args: [], kwargs: { error: errorUri ?? error ?? message ?? String(failure), args } };
            }
        });
    }
    console.log('ready');
}

main();
