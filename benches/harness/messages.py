"""The scenarios: calls and events by the bare client, by Loowy on each Lua, and by other people's clients."""

from . import knobs

ON_ONE_CORE = 'rpc_seq_one_core'
LACKS = {'wampy.js': ['pub_noack']}     # it acknowledges whatever it publishes
RUN = 1.0               # seconds that a run should take at least: long beside the ticks of the system's clock
FIRST = 0.1             # of the usual number of messages, to see how long they take
LONGEST = 20            # times the usual number
SHORTEST = {'autobahn-python': 0.1}     # nothing is compiled while it runs, so fewer messages say the same


def client(lua, url, scenario, scale=knobs.SCALE):
    return [knobs.TOP / 'tools/run', lua, knobs.TOP / 'benches/client.lua', url, 'realm1', knobs.ENCODING, scenario,
            str(scale)]


def peer(name, url, scenario, scale):
    interpreter, program = {
        'autobahn-python': (knobs.TOP / '.deps/python/bin/python', 'autobahn_peer.py'),
        'autobahn-js': ('node', 'autobahn.js'),
        'wampy.js': ('node', 'wampy.js'),
    }[name]
    return [interpreter, knobs.TOP / 'benches/peers' / program, url, 'realm1', scenario, str(scale)]


class Candidate:
    """Somebody who plays scenarios, each as often as takes a certain time."""

    def __init__(self, name, command):
        self.name, self.command, self.scales = name, command, {}

    def plays(self, scenario):
        return scenario not in LACKS.get(self.name, [])

    def scale(self, bench, scenario):
        if scenario not in self.scales:
            measured = bench.runner.try_out(self.command(scenario, FIRST * knobs.SCALE))
            fitting = RUN * FIRST * knobs.SCALE / measured[f'{scenario}_wall']
            self.scales[scenario] = knobs.SCALE * min(LONGEST, max(SHORTEST.get(self.name, 1), fitting))
        return self.scales[scenario]

    def measure(self, bench, scenario):
        return bench.runner.measure(self.command(scenario, self.scale(bench, scenario)))


def candidates(bench):
    url = bench.router.url
    bare = [Candidate('bare', lambda scenario, scale: [bench.programs['bare'], url, scenario, str(scale)])]
    ours = [Candidate(lua, lambda scenario, scale, lua=lua: client(lua, url, scenario, scale)) for lua in knobs.LUAS]
    peers = [Candidate(name, lambda scenario, scale, name=name: peer(name, url, scenario, scale))
             for name in knobs.WANTED_PEERS]
    return bare + ours + peers


def rotated(items, by):
    by %= len(items)
    return items[by:] + items[:by]


def on_one_core(bench, turns):
    """Calls one after the other once more, with the router where the client is."""
    bench.router.move(bench.client_core)
    for candidate in turns:
        measured = candidate.measure(bench, 'rpc_seq')
        renamed = {name.replace('rpc_seq', ON_ONE_CORE): value for name, value in measured.items()}
        bench.results.add(candidate.name, renamed)
    bench.router.move(bench.router_core)


def with_cjson(bench):
    for lua in knobs.LUAS:
        command = [knobs.TOP / 'tools/run', lua, knobs.TOP / 'benches/cjson_event.lua', str(knobs.SCALE)]
        bench.results.add(f'cjson-{lua}', bench.runner.measure(command))


def play(bench, number):
    turns = rotated(bench.candidates, number)
    for scenario in knobs.WANTED_SCENARIOS:
        for candidate in turns:
            if candidate.plays(scenario):
                bench.results.add(candidate.name, candidate.measure(bench, scenario))
        if scenario == 'rpc_seq' and knobs.PIN:
            on_one_core(bench, turns)
        if scenario == 'event_10k':
            with_cjson(bench)
