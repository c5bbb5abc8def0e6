"""What benches/run does."""

import sys

from . import clients, codec, idle, knobs, machine, messages, module, programs, router, tables
from .results import Results
from .runs import Failed, Progress, Runner, note

ONCE = ['idle']     # long, and not a matter of medians
PLAYS = {
    'messages': messages.play, 'codec': codec.play, 'memory': clients.memory, 'burst': clients.burst,
    'subscriptions': clients.subscriptions, 'tls': clients.tls, 'module': module.play, 'idle': idle.play,
}
# Seconds of a round on two cores of 2 GHz: of what is always there, of each Lua, of each peer.
SECONDS = {
    'messages': (8, 9, 10), 'codec': (0, 12, 0), 'memory': (1, 4, 0), 'burst': (0, 3, 0), 'subscriptions': (0, 8, 0),
    'tls': (0.1, 3, 0), 'module': (0, 0.5, 0),
}


class Bench:
    """What the parts need to play."""

    def __init__(self, built, the_router):
        self.programs, self.router = built, the_router
        self.router_core, self.client_core = machine.ROUTER_CORE, machine.CLIENT_CORE
        self.runner, self.results = Runner(the_router), Results()
        self.candidates = messages.candidates(self)


def expected_minutes():
    """On a quiet machine."""
    seconds = 0
    for part in knobs.WANTED_PARTS:
        always, lua, peer = SECONDS.get(part, (0, 0, 0))
        seconds += always + lua * len(knobs.LUAS) + peer * len(knobs.WANTED_PEERS)
    watching = knobs.IDLE_SECONDS * min(1, knobs.SCALE) if 'idle' in knobs.WANTED_PARTS else 0
    return (seconds * knobs.ROUNDS * knobs.SCALE + watching) / 60


def schedule():
    steps = [(part, number) for number in range(knobs.ROUNDS) for part in knobs.WANTED_PARTS if part not in ONCE]
    return steps + [(part, 0) for part in knobs.WANTED_PARTS if part in ONCE]


def measure(bench):
    steps = schedule()
    progress = Progress(len(steps))
    for part, number in steps:
        PLAYS[part](bench, number)
        progress.step(f'{part}, round {number + 1} of {1 if part in ONCE else knobs.ROUNDS}')


def main(arguments):
    if '--help' in arguments:
        print(knobs.HELP.strip())
        return 0
    if set(arguments) - {'--markdown'}:
        print(knobs.HELP.strip(), file=sys.stderr)
        return 2
    built = programs.build()
    machine.raise_descriptor_limit()
    with router.chosen(built) as the_router:
        note(f'{the_router.name} router on {the_router.url}; {", ".join(knobs.WANTED_PARTS)}; {knobs.ROUNDS} rounds at '
             f'scale {knobs.SCALE:g}: some {expected_minutes():.0f} minutes on a quiet machine')
        bench = Bench(built, the_router)
        try:
            measure(bench)
        except Failed as failure:
            note(str(failure))
            return 1
        tables.show(bench, '--markdown' in arguments)
        return 0 if tables.complete(bench.results) else 1
