"""The scenarios: calls and events by the bare client, by Loowy on each Lua, and by other people's clients."""

from . import knobs

ON_ONE_CORE = 'rpc_seq_one_core'
SLOW = {'autobahn-python': 0.25}        # a fraction of the messages says enough
LACKS = {'wampy.js': ['pub_noack']}     # it acknowledges whatever it publishes


def client(lua, url, scenario, scale=knobs.SCALE):
    return [knobs.TOP / 'tools/run', lua, knobs.TOP / 'benches/client.lua', url, 'realm1', knobs.ENCODING, scenario,
            str(scale)]


def peer(name, url, scenario):
    interpreter, program = {
        'autobahn-python': (knobs.TOP / '.deps/python/bin/python', 'autobahn.py'),
        'autobahn-js': ('node', 'autobahn.js'),
        'wampy.js': ('node', 'wampy.js'),
    }[name]
    scale = knobs.SCALE * SLOW.get(name, 1)
    return [interpreter, knobs.TOP / 'benches/peers' / program, url, 'realm1', scenario, str(scale)]


def candidates(bench):
    """The command of each candidate, by name, for a scenario."""
    url = bench.router.url
    result = {'bare': lambda scenario: [bench.programs['bare'], url, scenario, str(knobs.SCALE)]}
    for lua in knobs.LUAS:
        result[lua] = lambda scenario, lua=lua: client(lua, url, scenario)
    for name in knobs.WANTED_PEERS:
        result[name] = lambda scenario, name=name: peer(name, url, scenario)
    return result


def rotated(items, by):
    by %= len(items)
    return items[by:] + items[:by]


def on_one_core(bench, turns):
    """Calls one after the other once more, with the router where the client is."""
    bench.router.move(bench.client_core)
    for candidate, command in turns:
        measured = bench.runner.measure(command('rpc_seq'))
        renamed = {name.replace('rpc_seq', ON_ONE_CORE): value for name, value in measured.items()}
        bench.results.add(candidate, renamed)
    bench.router.move(bench.router_core)


def with_cjson(bench):
    for lua in knobs.LUAS:
        command = [knobs.TOP / 'tools/run', lua, knobs.TOP / 'benches/cjson_event.lua', str(knobs.SCALE)]
        bench.results.add(f'cjson-{lua}', bench.runner.measure(command))


def play(bench, number):
    turns = rotated(list(candidates(bench).items()), number)
    for scenario in knobs.WANTED_SCENARIOS:
        for candidate, command in turns:
            if scenario not in LACKS.get(candidate, []):
                bench.results.add(candidate, bench.runner.measure(command(scenario)))
        if scenario == 'rpc_seq' and knobs.PIN:
            on_one_core(bench, turns)
        if scenario == 'event_10k':
            with_cjson(bench)
