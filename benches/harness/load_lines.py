"""What the router should reach, and what is shown of it."""

from . import load
from .lines import Line, many, ratio
from .load import CROSSBAR, FORMATS, OWN, RELAY, candidate, names

CPU = 'router_cpu_per_10k'
PER_10K = 's CPU of the router per 10,000 messages'


def own(results, form, name):
    return results.median(candidate(OWN, form), name)


def to(other, name):
    return lambda results, form: ratio(own(results, form, name), results.median(candidate(other, form), name))


def to_own(name, other):
    return lambda results, form: ratio(own(results, form, name), own(results, form, other))


def plain(name):
    return lambda results, form: own(results, form, name)


def amount(name):
    """However it is wrong."""
    def value(results, form):
        found = own(results, form, name)
        return None if found is None else abs(found)
    return value


def beside_crossbar(measure, reach, name, **more):
    return Line('router', measure, CROSSBAR, reach, to(CROSSBAR, name), **more)


def line(measure, reach, value, against='–', **more):
    return Line('router', measure, against, reach, value, **more)


def calls():
    measure = 'RPC, 4 pairs × 32 under way:'
    return [
        beside_crossbar(f'{measure} calls/s', '>= 12', 'rpc_4x32_rate'),
        line(f'{measure} router CPU per 10,000 routed messages', '<= 0.045 s', plain(f'rpc_4x32_{CPU}')),
        line(f'{measure} router CPU', '<= 1.5', to(RELAY, f'rpc_4x32_{CPU}'), 'a plain relay of the same frames'),
        beside_crossbar('RPC, one at a time: p50', '<= 0.3', 'rpc_seq_p50'),
        beside_crossbar('RPC, one at a time, all on one core: p50', '<= 0.3', 'rpc_seq_one_core_p50'),
    ]


def wrong(results, form):
    """Events that did not arrive, or not in their order, in all scenarios where nothing may be lost."""
    values = [own(results, form, f'{scenario.label}_{name}') for scenario in load.SCENARIOS
              if scenario.name in ('fan_out', 'topics') for name in ('lost', 'unordered')]
    return None if None in values else sum(map(abs, values))


def events():
    mixed = f'{many(10000)} mixed subscriptions:'
    return [
        beside_crossbar('fan-out 100: events/s', '>= 3', 'fan_100_rate'),
        line('fan-out 100: router CPU per 10,000', '<= 0.025 s', plain(f'fan_100_{CPU}')),
        beside_crossbar(f'{mixed} publications/s', '>= 8', 'topics_10k_rate'),
        line(f'{mixed} router CPU', '<= 1.2', to_own(f'topics_10k_{CPU}', f'topics_1k_exact_{CPU}'),
             f'with {many(1000)} exact ones instead of {many(8000)}'),
        beside_crossbar('relay of 64 kB events: MB/s', '>= 4', 'relay_64k_relay'),
        beside_crossbar('relay of 1 MB events: MB/s', '>= 4', 'relay_1m_relay'),
        line('events lost or out of order in all of these', '<= 0', wrong),
    ]


def growth(results, form):
    grown = own(results, form, 'slow_rss_growth')
    return None if grown is None else grown * 1024 / load.QUEUE


def sessions():
    once = {'columns': ('json',)}
    sleeper = 'a subscriber that stops reading under a flood:'
    return [
        beside_crossbar('connects/s', '>= 5', 'idle_rate', **once),
        line(f'memory per idle session at {many(5000)}', '<= 12 kB', plain('idle_rss_per_session'), **once),
        line('memory per subscription', '<= 0.4 kB', plain('topics_10k_rss_per_subscription')),
        line(f'{sleeper} memory', '<= 1.1', growth, "the session's limit", **once),
        line(f"{sleeper} the others' p99", '<= 1.5', plain('slow_p99_ratio'), 'the same flood, nobody asleep', **once),
        line(f"{sleeper} the others' p99", '<= 1.5', to_own('slow_disturbed_p99', 'slow_calm_p99'), 'no flood', **once),
        line(f'{sleeper} events lost by the others', '<= 0', amount('slow_others_lost'), **once),
        line(f'{sleeper} events that it lost and is not told of', '<= 0', amount('slow_sleeper_lost_untold'), **once),
        line(f'{sleeper} events that it finds out of order', '<= 0', amount('slow_sleeper_unordered'), **once),
    ]


def wanted():
    return [*calls(), *events(), *sessions()]


RPC = [('rate', 'calls/s'), ('p50', 'µs, p50'), ('p99', 'µs, p99'), (CPU, PER_10K)]
EVENTS = [('rate', 'events/s'), (CPU, PER_10K)]
FIGURES = {
    'rpc': RPC, 'relayed': RPC, 'topics': [*EVENTS, ('rss_per_subscription', 'kB per subscription')],
    'idle': [('rate', 'connects/s'), ('router_cpu_per_connect', 'µs CPU of the router per connect'),
             ('rss_per_session', 'kB per session')],
    'slow': [('calm_p99', 'µs, p99 of calls without a flood'), ('undisturbed_p99', 'µs, p99 under the flood'),
             ('disturbed_p99', 'µs, p99 beside the sleeper'), ('published', 'events published meanwhile'),
             ('rss_growth', 'kB that the router grew'), ('sleeper_received', 'events that the sleeper found'),
             ('sleeper_lost_untold', 'events that it lost and was not told of'),
             ('others_lost', 'events lost by others')],
}


def figures(scenario):
    if scenario.name == 'fan_out':
        return [('relay', 'MB/s'), EVENTS[1]] if 'size' in scenario.numbers else EVENTS
    return FIGURES[scenario.name]


def rows(results):
    """What was measured, of each router in each format: the candidates, and a row for each figure."""
    known = results.candidates()
    candidates = [candidate(name, form) for name in names(crossbar=True) for form in FORMATS]
    candidates = [name for name in candidates if name in known]
    found = {}
    for scenario in load.SCENARIOS:
        for name, unit in figures(scenario):
            found[f'{scenario.label}: {unit}'] = [results.median(who, f'{scenario.label}_{name}') for who in candidates]
    return candidates, {name: values for name, values in found.items() if any(value is not None for value in values)}
