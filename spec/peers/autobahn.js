// Autobahn|JS as a peer: node autobahn.js URL json|msgpack

const autobahn = require('autobahn');
const { play } = require('./scenario.js');

const [url, format] = process.argv.slice(2);
const serializers = { json: autobahn.serializer.JSONSerializer, msgpack: autobahn.serializer.MsgpackSerializer };
const connection = new autobahn.Connection({
    url, realm: 'realm1', serializers: [new serializers[format]()], max_retries: 0,
});

// A result with one positional value and no keyword values comes unwrapped.
function unwrap(result) {
    if (result instanceof autobahn.Result) return { args: result.args, kwargs: result.kwargs };
    return { args: result === null || result === undefined ? [] : [result], kwargs: {} };
}

connection.onopen = (session) => play({
    call: async (procedure, args, kwargs) => unwrap(await session.call(procedure, args, kwargs)),
    failure: (failure) => ({ error: failure.error, args: failure.args, kwargs: failure.kwargs }),
    subscribe: (topic, handler) => session.subscribe(topic, (args, kwargs) => handler({ args, kwargs })),
    register: (procedure, rpc) => session.register(procedure, (given, kwargs) => {
        const result = rpc({ args: given, kwargs });
        return new autobahn.Result(result.args, result.kwargs);
    }),
    publish: (topic, args, kwargs) => session.publish(topic, args, kwargs, { acknowledge: true }),
    leave: async () => connection.close(),
});
connection.onclose = (reason) => {
    if (reason !== 'closed') {
        console.error(`connection ${reason}`);
        process.exit(1);
    }
};
connection.open();
