// Wampy.js as a peer: node wampy.js URL json|msgpack

const { Wampy } = require('wampy');
const { JsonSerializer } = require('wampy/JsonSerializer.js');
const { MsgpackSerializer } = require('wampy/MsgpackSerializer.js');
const WebSocket = require('ws');
const { play } = require('./scenario.js');

const [url, format] = process.argv.slice(2);
const serializers = { json: JsonSerializer, msgpack: MsgpackSerializer };
const wampy = new Wampy(url, {
    realm: 'realm1', ws: WebSocket, serializer: new serializers[format](), autoReconnect: false,
});

const values = ({ argsList, argsDict }) => ({ args: argsList ?? [], kwargs: argsDict ?? {} });
const payload = (args, kwargs) => ({ argsList: args, argsDict: kwargs });

wampy.connect().then(() => play({
    call: async (procedure, args, kwargs) => values(await wampy.call(procedure, payload(args, kwargs))),
    failure: (failure) => ({ error: failure.errorUri, args: failure.argsList, kwargs: failure.argsDict }),
    subscribe: (topic, handler) => wampy.subscribe(topic, (event) => handler(values(event))),
    register: (procedure, rpc) => wampy.register(procedure, (invocation) => {
        const result = rpc(values(invocation));
        return payload(result.args, result.kwargs);
    }),
    publish: (topic, args, kwargs) => wampy.publish(topic, payload(args, kwargs)),
    leave: () => wampy.disconnect(),
}));
