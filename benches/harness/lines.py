"""What should be reached, line by line."""

import dataclasses
import typing

from . import codec, knobs
from . import idle as watch
from .messages import ON_ONE_CORE

CPU = 'client_cpu_per_10k_msgs'


@dataclasses.dataclass
class Line:
    part: str
    measure: str
    against: str
    reach: str                  # `<= 1.1`, with a unit where it is no ratio
    value: typing.Callable      # of the results and a Lua; None when that was not measured
    text: typing.Callable = None
    columns: tuple = None       # where not all of the table's are measured: Luas, or formats

    def in_column(self, column):
        return self.columns is None or column in self.columns

    def reached(self, results, lua):
        value = self.value(results, lua)
        if value is None:
            return None
        sign, bound = self.reach.split()[:2]
        # What the table shows is what counts.
        value = float(f'{value:.3g}')
        return value <= float(bound) if sign == '<=' else value >= float(bound)

    def shown(self, results, lua):
        value = self.value(results, lua)
        if value is None:
            return '–'
        if self.text:
            return self.text(results, lua)
        return ' '.join([f'{value:.3g}', *self.reach.split()[2:]])


def ratio(value, *parts):
    """Of a value to the sum of the parts, where all of them are known."""
    if None in (value, *parts) or sum(parts) <= 0:
        return None
    return value / sum(parts)


def to_bare(name):
    return lambda results, lua: ratio(results.median(lua, name), results.median('bare', name))


def to_own(name, other):
    return lambda results, lua: ratio(results.median(lua, name), results.median(lua, other))


def plain(name):
    return lambda results, lua: results.median(lua, name)


def to_cjson_and_bare(results, lua):
    name = f'event_10k_{CPU}'
    return ratio(results.median(lua, name), results.median(f'cjson-{lua}', name), results.median('bare', name))


def round_trips(scenario, where):
    label, bare = f'rpc_seq, {where}:', 'the bare client'
    return [
        Line('messages', f'{label} p50', bare, '<= 1.1', to_bare(f'{scenario}_rtt_p50')),
        Line('messages', f'{label} p99', bare, '<= 1.2', to_bare(f'{scenario}_rtt_p99')),
        Line('messages', f'{label} CPU', bare, '<= 1.6', to_bare(f'{scenario}_{CPU}')),
    ]


def streams():
    names = 'rpc_pipe', 'pub_noack', 'pub_ack'
    rates = [Line('messages', f'{name}: rate', 'the bare client', '>= 0.8', to_bare(f'{name}_rate')) for name in names]
    cpu = [Line('messages', f'{name}: CPU', 'the bare client', '<= 1.8', to_bare(f'{name}_{CPU}')) for name in names]
    return rates + cpu


def large():
    return [
        Line('messages', 'event_10k: CPU', 'lua-cjson + the bare client', '<= 1.0', to_cjson_and_bare),
        Line('messages', 'rpc_1mb: CPU', 'the bare client', '<= 2.5', to_bare(f'rpc_1mb_{CPU}')),
    ]


def codecs():
    bounds = {('json', 'decode'): 1.0}
    return [
        Line('codec', f'{form} {direction}: {case}', 'lua-cjson', f'<= {bounds.get((form, direction), 0.7)}',
             plain(codec.name(form, direction, case)))
        for form in codec.FORMATS for direction in codec.DIRECTIONS for case in codec.CASES]


def wakeups(results, lua):
    woken, due, switches = (results.median(lua, f'idle_{name}') for name in ('wakeups', 'heartbeats', 'switches'))
    return f'{woken:g} for {due:g} ({switches:g} switches)'


def idle():
    def without_heartbeat(results, lua):
        woken = results.median(lua, 'idle_wakeups')
        return None if woken is None else max(0, woken - results.median(lua, 'idle_heartbeats'))
    measure = f'idle client: wakeups in {watch.seconds():g} s'
    return Line('idle', measure, 'heartbeats due', '<= 0 beyond them', without_heartbeat, wakeups)


def many(count):
    """As many as there are at this scale."""
    return f'{max(1, int(count * knobs.SCALE)):,}'


def others():
    return [
        Line('memory', f'memory per idle client of {many(200)}', '–', '<= 20 kB', plain('connect_rss_per_client')),
        Line('memory', f'memory per idle client of {many(2000)}', '–', '<= 20 kB', plain('connect_2k_rss_per_client')),
        Line('burst', f'burst of {many(16000)} calls: time', f'{many(4000)} calls', '<= 4.5',
             to_own('rpc_burst_16k_wall', 'rpc_burst_wall')),
        Line('subscriptions', f'publishing beside {many(100000)} subscriptions: CPU', 'beside 10', '<= 1.1',
             to_own(f'pub_subs_100k_{CPU}', f'pub_subs_10_{CPU}')),
        idle(),
        Line('tls', 'rpc_pipe over wss: rate', 'over ws', '>= 0.7', to_own('wss_rpc_pipe_rate', 'ws_rpc_pipe_rate')),
        Line('module', 'module, stripped', '–', '<= 6 MB', plain('module_size')),
        Line('module', "time of require 'loowy.client'", '–', '<= 20 ms', plain('require_time')),
    ]


def scenario_of(line):
    return line.measure.split(':')[0].split(',')[0]


def wanted():
    lines = [*round_trips('rpc_seq', 'two cores' if knobs.PIN else 'cores as they come'),
             *(round_trips(ON_ONE_CORE, 'one core') if knobs.PIN else []), *streams(), *large(), *codecs(), *others()]
    return [line for line in lines if line.part in knobs.WANTED_PARTS and
            (line.part != 'messages' or scenario_of(line) in knobs.WANTED_SCENARIOS)]
