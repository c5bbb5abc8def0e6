// The scenarios of benches/client.lua for clients in JavaScript: same windows, payloads, checks and lines of output.
// A client is handed over as two sessions with these methods, the first three of which give promises:
//   register(procedure)                      registers an echo
//   subscribe(topic, handler)                the handler gets the list of each event, matched by prefix
//   call(procedure, list)                    gives the list of the result
//   publish(topic, list, acknowledged)       gives a promise if acknowledged

const fs = require('node:fs');

const now = () => Number(process.hrtime.bigint()) / 1e9;
const print = (name, value, unit) => console.log(`${name} ${Number(value.toPrecision(6))} ${unit}`);

function cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
}

function resident() {
    return Number(/VmRSS:\s*(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);
}

function finish(name, since, operations, messages) {
    const wall = now() - since.wall;
    const own = cpu() - since.cpu;
    print(`${name}_wall`, wall, 's');
    print(`${name}_rate`, operations / wall, 'ops/s');
    print(`${name}_client_cpu_per_10k_msgs`, own / messages * 1e4, 's');
    print(`${name}_client_cpu_share`, own / wall * 100, '%');
    print(`${name}_rss`, resident(), 'kB');
    return wall;
}

function roundTrips(name, times) {
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.ceil(times.length * share) - 1] * 1e6;
    print(`${name}_rtt_mean`, times.reduce((sum, time) => sum + time, 0) / times.length * 1e6, 'us');
    print(`${name}_rtt_p50`, at(0.5), 'us');
    print(`${name}_rtt_p99`, at(0.99), 'us');
}

const begin = () => ({ wall: now(), cpu: cpu() });
const uri = (name) => `bench.${name}_${process.pid}`;

function check(right, what) {
    if (!right) throw new Error(what);
}

async function calls({ caller, callee }, name, total, window, { payload, right }) {
    const procedure = uri(name);
    await callee.register(procedure);
    const times = [];
    let [sent, got] = [0, 0];
    const since = begin();
    await new Promise((done, failed) => {
        function answered(list, number, sentAt) {
            got += 1;
            if (window === 1) times.push(now() - sentAt);
            check(!right || right(number, list), 'wrong result');
            if (got === total) done();
            else fill();
        }
        function one(number) {
            const sentAt = window === 1 ? now() : 0;
            caller.call(procedure, payload(number)).then((list) => answered(list, number, sentAt)).catch(failed);
        }
        function fill() {
            while (sent < total && sent - got < window) {
                sent += 1;
                one(sent);
            }
        }
        fill();
    });
    return { wall: finish(name, since, total, 4 * total), times };
}

async function events({ caller, callee }, name, total, window, { payload, right, acknowledged }) {
    const topic = uri(name);
    let [sent, got, acks] = [0, 0, acknowledged ? 0 : Infinity];
    let since;
    let over;
    const all = new Promise((done, failed) => { over = { done, failed }; });
    function fill() {
        while (sent < total && sent - got < window && sent - acks < window) {
            sent += 1;
            const promise = caller.publish(topic, payload(sent), acknowledged);
            if (acknowledged) promise.then(() => { acks += 1; step(); }).catch(over.failed);
        }
    }
    function step() {
        if (got < total || acks < total) fill();
        else over.done();
    }
    await callee.subscribe(topic, (list) => {
        got += 1;
        if (list[0] !== got || (right && !right(list))) over.failed(new Error('wrong event'));
        step();
    });
    since = begin();
    fill();
    await all;
    return finish(name, since, total, (acknowledged ? 3 : 2) * total);
}

const small = (i) => [i, 'payload'];

// 10 kB of JSON.
function rows() {
    return Array.from({ length: 64 }, (_, index) => index + 1).map((i) => ({
        id: i, name: `item number ${i}`, ok: i % 2 === 0, price: i * 1.25,
        tags: ['alpha', 'beta', 'gamma'],
        pos: { x: i * 3, y: -i, note: 'n'.repeat(40) },
    }));
}

function areRows(list) {
    const last = list[63];
    return list.length === 64 && last.id === 64 && last.tags[2] === 'gamma' && last.pos.y === -64;
}

const scenarios = {
    rpc_seq: async (peers, scaled) => {
        const right = (i, list) => list[0] === i;
        const { times } = await calls(peers, 'rpc_seq', scaled(4000), 1, { payload: (i) => [i], right });
        roundTrips('rpc_seq', times);
    },
    rpc_pipe: (peers, scaled) => calls(peers, 'rpc_pipe', scaled(20000), 64, { payload: small }),
    pub_noack: (peers, scaled) => events(peers, 'pub_noack', scaled(50000), 256, { payload: small }),
    pub_ack: (peers, scaled) => events(peers, 'pub_ack', scaled(50000), 256, { payload: small, acknowledged: true }),
    event_10k: (peers, scaled) => {
        const table = rows();
        const spec = { payload: (i) => [i, table], right: (list) => areRows(list[1]) };
        return events(peers, 'event_10k', scaled(3000), 32, spec);
    },
    rpc_1mb: async (peers, scaled) => {
        const text = '0123456789abcdef'.repeat(65536);
        const spec = { payload: () => [text], right: (_, list) => list[0].length === text.length };
        const total = scaled(30);
        const { wall } = await calls(peers, 'rpc_1mb', total, 1, spec);
        print('rpc_1mb_time', wall / total * 1e3, 'ms');
    },
};

// `join(url, realm)` gives a promise of a session.
exports.play = async (join) => {
    const [url, realm, name, scale = '1'] = process.argv.slice(2);
    const scaled = (count) => Math.max(1, Math.floor(count * Number(scale)));
    try {
        const peers = { caller: await join(url, realm), callee: await join(url, realm) };
        await scenarios[name](peers, scaled);
        process.exit(0);
    } catch (failure) {
        console.log(`# FAILED ${name}: ${failure.stack || failure.error || JSON.stringify(failure)}`);
        process.exit(3);
    }
};
