"""What benches/run does."""

import argparse

from . import clients, codec, idle, knobs, load, machine, messages, module, programs, router, tables
from .results import Results
from .runs import Failed, Progress, Runner, note

ONCE = ['idle']     # long, and not a matter of medians
PLAYS = {
    'messages': messages.play, 'codec': codec.play, 'memory': clients.memory, 'burst': clients.burst,
    'subscriptions': clients.subscriptions, 'tls': clients.tls, 'module': module.play, 'idle': idle.play,
    'router': load.play,
}
# Seconds of a round on a quiet machine with cores of 2 GHz, for each candidate: whatever the scale, and at scale 1.
SECONDS = {
    'messages': (4, 8), 'codec': (0.5, 3), 'memory': (2.5, 1), 'burst': (0.3, 1.5), 'subscriptions': (0.2, 6),
    'tls': (0.5, 1), 'module': (0.6, 0),
}


class Bench:
    """What the parts need to play."""

    def __init__(self, built, the_router):
        self.programs, self.router = built, the_router
        self.router_core, self.client_core = machine.ROUTER_CORE, machine.CLIENT_CORE
        self.runner, self.results = Runner(the_router), Results()
        self.candidates = messages.candidates(self)
        self.crossbar = load.crossbar_is_there()


def expected_seconds(bench, part):
    """Of one round, on a quiet machine."""
    if part == 'router':
        return load.expected_seconds(bench.crossbar)
    if part == 'idle':
        return idle.SETTLE + idle.seconds()
    always, scaled = SECONDS[part]
    peers = len(knobs.WANTED_PEERS) if part == 'messages' else 0
    return (always + scaled * knobs.SCALE) * (1 + len(knobs.LUAS) + peers)


def schedule():
    steps = [(part, number) for number in range(knobs.ROUNDS) for part in knobs.WANTED_PARTS if part not in ONCE]
    return steps + [(part, 0) for part in knobs.WANTED_PARTS if part in ONCE]


def measure(bench):
    steps = schedule()
    expected = sum(expected_seconds(bench, part) for part, _ in steps)
    note(f'{bench.router.name} router on {bench.router.url}; {", ".join(knobs.WANTED_PARTS)}; {knobs.ROUNDS} rounds at '
         f'scale {knobs.SCALE:g}: some {max(1, expected / 60):.0f} minutes on a quiet machine')
    progress = Progress(expected)
    for part, number in steps:
        PLAYS[part](bench, number)
        rounds = 1 if part in ONCE else knobs.ROUNDS
        progress.step(f'{part}, round {number + 1} of {rounds}', expected_seconds(bench, part))


def arguments_of(words):
    parser = argparse.ArgumentParser('benches/run', description=knobs.HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--markdown', nargs='?', const='', metavar='FILE',
                        help='write the tables in Markdown; with FILE, put each between its marks there')
    return parser.parse_args(words)


def main(words):
    arguments = arguments_of(words)
    built = programs.build()
    machine.raise_descriptor_limit()
    with router.chosen(built) as the_router:
        bench = Bench(built, the_router)
        try:
            measure(bench)
        except Failed as failure:
            note(str(failure))
            return 1
        except KeyboardInterrupt:
            return 130
        tables.show(bench, arguments.markdown)
        return 0 if tables.complete(bench) else 1
