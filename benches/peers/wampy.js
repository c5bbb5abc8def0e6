// Wampy.js: node benches/peers/wampy.js URL REALM SCENARIO [SCALE]. It acknowledges whatever it publishes.

const { Wampy } = require('wampy');
const { JsonSerializer } = require('wampy/JsonSerializer.js');
const WebSocket = require('ws');
const { play } = require('./traffic.js');

const payload = ({ argsList, argsDict }) => ({ argsList, argsDict });

const methods = (wampy) => ({
    register: (procedure) => wampy.register(procedure, payload, { invoke: 'single' }),
    subscribe: (topic, handler) => wampy.subscribe(topic, ({ argsList }) => handler(argsList), { match: 'prefix' }),
    call: (procedure, argsList) => wampy.call(procedure, { argsList }, { disclose_me: false })
        .then((result) => result.argsList),
    publish: (topic, argsList) => wampy.publish(topic, { argsList }, { exclude_me: true }),
});

play(async (url, realm) => {
    const wampy = new Wampy(url, { realm, ws: WebSocket, serializer: new JsonSerializer(), autoReconnect: false });
    await wampy.connect();
    return methods(wampy);
});
