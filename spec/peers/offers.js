// What every peer offers: node offers.js autobahn|wampy URL json|msgpack|cbor. The specs drive it from the other side;
// remote.js says what it takes of a library.
//
//   peer.echo(...)                      the same values
//   peer.describe(...)                  a text for each value that came: what this language made of it
//   peer.make(texts)                    the values of such texts
//   peer.fail(uri, ...)                 the error `uri` with the other values
//   peer.progress(count)                `count` progressive results if the router lets it, then 'done'
//   peer.pending()                      no answer; publishes `peer.started`
//   peer.call(procedure, how)           calls it with the keyword values `args` and `kwargs`: the outcome, and what came with it
//   peer.publish(topic, how)            publishes the same, with acknowledgement
//   peer.prefix…, peer.….wild           by a pattern: the procedure that is meant, and the caller if that is disclosed
// What is heard on `lua.topic` goes out again on `peer.heard`, and `peer.stop` ends the process with status 0. What is
// heard on `lua.prefix…` and `lua.….wild` makes `peer.about` tell the topic and the publisher if that is disclosed.

const NUMBER = /^(int|float) (.*)$/;

function describe(value) {
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'bigint') return `int ${value}`;
    if (typeof value === 'number') return Number.isInteger(value) ? `int ${BigInt(value)}` : `float ${value}`;
    if (typeof value === 'string') return `str ${value}`;
    if (ArrayBuffer.isView(value)) return `bytes ${Buffer.from(value).toString('hex')}`;
    if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`;
    return `{${Object.keys(value).sort().map((key) => `${key}: ${describe(value[key])}`).join(', ')}}`;
}

function make(text) {
    const number = NUMBER.exec(text);
    if (number) return Number(number[2]);
    if (text.startsWith('str ')) return text.slice(4);
    if (text.startsWith('bytes ')) return Buffer.from(text.slice(6), 'hex');
    return { null: null, true: true, false: false, '[]': [], '{}': {} }[text];
}

const map = (dict, change) => Object.fromEntries(Object.entries(dict).map(([key, value]) => [key, change(value)]));

function fail(reason) {
    console.error(reason);
    process.exit(1);
}

process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

const disclosed = ({ disclose }) => (disclose ? { disclose_me: true } : {});

// Calls that one, tells each progressive result to `peer.progressed`, and cancels when `lua.cancel` is published.
function call(peer, { args: [procedure, how = {}], kwargs }) {
    const onProgress = how.progress && (({ args }) => peer.publish('peer.progressed', args, {}));
    const { answer, cancel } = peer.call(procedure, kwargs.args ?? [], kwargs.kwargs ?? {}, disclosed(how), onProgress);
    if (how.cancel) peer.onCancel = () => cancel(how.cancel);
    return answer.then(
        ({ args, kwargs: dict }) => ({ args: ['result'], kwargs: { args, kwargs: dict } }),
        (failure) => ({ args: ['error'], kwargs: peer.failure(failure) }),
    );
}

async function play(peer) {
    const register = (procedure, rpc) => peer.register(procedure, {}, rpc);
    await register('peer.echo', ({ args, kwargs }) => ({ args, kwargs }));
    await register('peer.describe', ({ args, kwargs }) => ({ args: args.map(describe), kwargs: map(kwargs, describe) }));
    await register('peer.make', ({ args, kwargs }) => ({ args: args.map(make), kwargs: map(kwargs, make) }));
    await register('peer.fail', ({ args: [uri, ...args], kwargs }) => { throw peer.error(uri, args, kwargs); });
    await register('peer.progress', ({ args: [count] }, progress) => {
        for (let i = 1; progress && i <= count; i += 1) progress([i], { i });
        return { args: ['done'], kwargs: {} };
    });
    await register('peer.pending', () => {
        peer.publish('peer.started', [], {});
        return new Promise(() => {});
    });
    await register('peer.call', (invocation) => call(peer, invocation));
    await register('peer.publish', ({ args: [topic, how = {}], kwargs }) => (
        peer.publish(topic, kwargs.args ?? [], kwargs.kwargs ?? {}, disclosed(how)).then(() => ({ args: [], kwargs: {} }))
    ));
    const meant = ({ about }) => ({ args: [about.procedure, about.caller ?? null], kwargs: {} });
    const heard = ({ about }) => peer.publish('peer.about', [about.topic, about.publisher ?? null], {});
    for (const [match, name] of [['prefix', 'prefix'], ['wildcard', '.wild']]) {
        await peer.register(`peer.${name}`, { match }, meant);
        await peer.subscribe(`lua.${name}`, { match }, heard);
    }
    await peer.subscribe('lua.topic', {}, ({ args, kwargs }) => peer.publish('peer.heard', args, kwargs));
    await peer.subscribe('lua.cancel', {}, () => peer.onCancel());
    await peer.subscribe('peer.stop', {}, () => peer.leave().then(() => process.exit(0)));
    console.log('ready');
}

const [, , library, url, format] = process.argv;
require(`./${library}.js`).join({ url, format, realm: 'realm1' }).then(play, fail);
