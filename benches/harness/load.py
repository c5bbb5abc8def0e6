"""Our router and crossbar under the same load, beside relays that hand the same messages on and know no WAMP."""

import contextlib
import dataclasses
import subprocess

from . import knobs, router
from .messages import rotated
from .runs import parse

FORMATS = ['json', 'msgpack']
OWN, CROSSBAR, RELAY, GATHERING = 'Loowy', 'crossbar', 'relay', 'gathering relay'
RELAYS = {RELAY: [], GATHERING: ['--gather']}
SECONDS = 1             # that a scenario is measured at scale 1
QUEUE = 16 << 20        # bytes that may wait for a session of our router, where one stops reading


@dataclasses.dataclass
class Scenario:
    label: str
    name: str           # the load's
    numbers: dict
    routers: tuple = (OWN, CROSSBAR)
    formats: tuple = tuple(FORMATS)
    fresh: bool = False     # on a router of its own: memory is measured
    options: tuple = ()     # of that router, where it is ours
    one_core: bool = False  # for the router and the load together


def few(count):
    """Less at a smaller scale, to be through sooner."""
    return max(10, int(count * min(1, knobs.SCALE)))


def topics(label, exact, **more):
    return Scenario(label, 'topics', {'exact': few(exact), 'patterns': few(1000)}, fresh=True, **more)


ONE = {'pairs': 1, 'window': 1}
SCENARIOS = [
    Scenario('rpc_seq', 'rpc', ONE),
    Scenario('rpc_seq', 'relayed', ONE, routers=tuple(RELAYS)),
    Scenario('rpc_seq_one_core', 'rpc', ONE, one_core=True),
    Scenario('rpc_seq_one_core', 'relayed', ONE, routers=tuple(RELAYS), one_core=True),
    *(Scenario(f'rpc_{pairs}', 'rpc', {'pairs': pairs, 'window': 8}) for pairs in (1, 8, 64)),
    Scenario('rpc_4x32', 'rpc', {'pairs': 4, 'window': 32}),
    Scenario('rpc_4x32', 'relayed', {'pairs': 4, 'window': 32}, routers=tuple(RELAYS)),
    *(Scenario(f'fan_{count}', 'fan_out', {'subscribers': count, 'window': window})
      for count, window in ((1, 64), (10, 32), (100, 16), (500, 8))),
    topics('topics_10k', 8000),
    topics('topics_1k_exact', 1000, routers=(OWN,)),
    Scenario('relay_64k', 'fan_out', {'subscribers': 1, 'size': 65536, 'window': 4}),
    Scenario('relay_1m', 'fan_out', {'subscribers': 1, 'size': 1000000, 'window': 2}),
    Scenario('idle', 'idle', {'sessions': few(5000)}, formats=('json',), fresh=True),
    Scenario('slow', 'slow', {}, formats=('json',), fresh=True, options=('--queue', str(QUEUE))),
]


def candidate(name, form):
    return f'{name}, {form}'


def started(bench, name, options=()):
    if name in RELAYS:
        return router.example(bench.programs['relay'], *RELAYS[name], name=name)
    return router.crossbar() if name == CROSSBAR else router.own(bench.programs['router'], *options)


def names(crossbar):
    """Of all who play."""
    return [OWN, *([CROSSBAR] if crossbar else []), *RELAYS]


def once(bench, scenario, form, target):
    numbers = [f'{key}={value}' for key, value in {**scenario.numbers, 'seconds': SECONDS * knobs.SCALE}.items()]
    command = [bench.programs['load'], target.url, form, scenario.name, scenario.label, *numbers]
    target.move(bench.client_core if scenario.one_core else bench.router_core)
    return bench.runner.once(command, target, {'BENCH_ROUTER_PIDS': ' '.join(map(str, target.pids))})


def once_on_fresh(bench, scenario, name, form):
    """A router that has served before has memory to spare, and grows by less."""
    with started(bench, name, scenario.options) as target:
        return once(bench, scenario, form, target)


def measure(bench, scenario, name, form, target):
    if scenario.fresh:
        output = bench.runner.least_disturbed(lambda: once_on_fresh(bench, scenario, name, form))
    else:
        output = bench.runner.least_disturbed(lambda: once(bench, scenario, form, target))
    bench.results.add(candidate(name, form), parse(output))


def play(bench, number):
    with contextlib.ExitStack() as stack:
        known = {name: stack.enter_context(started(bench, name)) for name in names(bench.crossbar)}
        for scenario in SCENARIOS:
            turns = [(name, form) for form in scenario.formats for name in scenario.routers if name in known]
            for name, form in rotated(turns, number):
                measure(bench, scenario, name, form, known[name])


def expected_seconds(crossbar):
    """Of a round: what is measured, with what is needed before, and the starts of crossbar."""
    runs = [(name, scenario) for scenario in SCENARIOS for name in scenario.routers if name in names(crossbar)
            for _ in scenario.formats]
    starts = sum(name == CROSSBAR and scenario.fresh for name, scenario in runs) + crossbar
    return len(runs) * (0.3 + 1.4 * SECONDS * knobs.SCALE) + 4 * starts


def crossbar_is_there():
    """Installs it where it is wanted; whether it can be had is no reason not to measure the rest."""
    if not knobs.WITH_CROSSBAR or 'router' not in knobs.WANTED_PARTS:
        return False
    return subprocess.run([knobs.TOP / 'tools/need', 'peers']).returncode == 0


def rival():
    """The name of crossbar's package, with its version."""
    packages = (knobs.TOP / 'tools/peers/requirements.txt').read_text().splitlines()
    return next(line for line in packages if line.startswith(CROSSBAR)).replace('==', ' ')
