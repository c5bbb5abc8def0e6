// What every peer offers, on top of the few operations that its library gives it. The specs drive it from the other side.
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

// Calls that one, tells each progressive result to `peer.progressed`, and cancels when `lua.cancel` is published.
function call(peer, { args: [procedure, how = {}], kwargs }) {
    const onProgress = how.progress && (({ args }) => peer.publish('peer.progressed', args, {}));
    const { answer, cancel } = peer.call(procedure, kwargs.args ?? [], kwargs.kwargs ?? {}, onProgress, how.disclose);
    if (how.cancel) peer.onCancel = () => cancel(how.cancel);
    return answer.then(
        ({ args, kwargs: dict }) => ({ args: ['result'], kwargs: { args, kwargs: dict } }),
        (failure) => ({ args: ['error'], kwargs: peer.failure(failure) }),
    );
}

async function play(peer) {
    await peer.register('peer.echo', (invocation) => invocation);
    await peer.register('peer.describe', ({ args, kwargs }) => ({ args: args.map(describe), kwargs: map(kwargs, describe) }));
    await peer.register('peer.make', ({ args, kwargs }) => ({ args: args.map(make), kwargs: map(kwargs, make) }));
    await peer.register('peer.fail', ({ args: [uri, ...args], kwargs }) => { throw peer.error(uri, args, kwargs); });
    await peer.register('peer.progress', ({ args: [count] }, progress) => {
        for (let i = 1; progress && i <= count; i += 1) progress([i], { i });
        return { args: ['done'], kwargs: {} };
    });
    await peer.register('peer.pending', () => {
        peer.publish('peer.started', [], {});
        return new Promise(() => {});
    });
    await peer.register('peer.call', (invocation) => call(peer, invocation));
    await peer.register('peer.publish', ({ args: [topic, how = {}], kwargs }) => (
        peer.publish(topic, kwargs.args ?? [], kwargs.kwargs ?? {}, how.disclose).then(() => ({ args: [], kwargs: {} }))
    ));
    const meant = ({ about }) => ({ args: [about.procedure, about.caller ?? null], kwargs: {} });
    const heard = ({ about }) => peer.publish('peer.about', [about.topic, about.publisher ?? null], {});
    for (const [match, name] of [['prefix', 'prefix'], ['wildcard', '.wild']]) {
        await peer.register(`peer.${name}`, meant, match);
        await peer.subscribe(`lua.${name}`, heard, match);
    }
    await peer.subscribe('lua.topic', ({ args, kwargs }) => peer.publish('peer.heard', args, kwargs));
    await peer.subscribe('lua.cancel', () => peer.onCancel());
    await peer.subscribe('peer.stop', () => peer.leave().then(() => process.exit(0)));
    console.log('ready');
}

module.exports = { play };
