// Autobahn|JS: node benches/peers/autobahn.js URL REALM SCENARIO [SCALE]

const autobahn = require('autobahn');
const { play } = require('./traffic.js');

// A result with one positional value and no keyword values comes unwrapped.
const list = (result) => (result instanceof autobahn.Result ? result.args : [result]);

const methods = (session) => ({
    register: (procedure) => session.register(procedure, (args, kwargs) => new autobahn.Result(args, kwargs), {
        invoke: 'single',
    }),
    subscribe: (topic, handler) => session.subscribe(topic, handler, { match: 'prefix' }),
    call: (procedure, args) => session.call(procedure, args, {}, { disclose_me: false }).then(list),
    publish: (topic, args, acknowledged) => session.publish(topic, args, {}, {
        exclude_me: true, ...acknowledged && { acknowledge: true },
    }),
});

play((url, realm) => new Promise((joined, failed) => {
    const serializers = [new autobahn.serializer.JSONSerializer()];
    const connection = new autobahn.Connection({ url, realm, serializers, max_retries: 0 });
    connection.onopen = (session) => joined(methods(session));
    connection.onclose = (reason) => failed(new Error(`connection ${reason}`));
    connection.open();
}));
