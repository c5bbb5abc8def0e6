// What every JavaScript peer does, on top of the few operations that its library gives it.
//
// It calls `lua.echo` and `lua.fail`, offers `peer.echo`, sends what it hears on `lua.topic` back on `peer.heard`,
// tells `peer.ready`, and leaves at `peer.stop`. Whatever differs ends the process with status 1.

const assert = require('node:assert');

const ARGS = [1, -5, 1.5, 'žluťoučký', true, null, [], {}, [1, [2, { three: 3 }]], 4294967295];
const KWARGS = { list: [1, 2], dict: { a: { b: [] } }, text: '"\\\n' };

function fail(reason) {
    console.error(reason);
    process.exit(1);
}

process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

async function play(peer) {
    const echoed = await peer.call('lua.echo', ARGS, KWARGS);
    assert.deepStrictEqual(echoed, { args: ARGS, kwargs: KWARGS });
    await assert.rejects(peer.call('lua.fail', [1], {}), (failure) => {
        assert.deepStrictEqual(peer.failure(failure), { error: 'lua.error.broken', args: ['so it is'], kwargs: { code: 7 } });
        return true;
    });
    await peer.subscribe('lua.topic', ({ args, kwargs }) => peer.publish('peer.heard', args, kwargs));
    await peer.register('peer.echo', ({ args, kwargs }) => ({ args, kwargs }));
    await peer.subscribe('peer.stop', () => peer.leave().then(() => process.exit(0)));
    await peer.publish('peer.ready', [], {});
}

module.exports = { play };
