"""Runs programs that print what they measure, again when others disturbed them."""

import os
import statistics
import subprocess
import sys
import time

from . import knobs, machine


class Failed(Exception):
    """A program could not measure."""


def note(text):
    print(text, file=sys.stderr, flush=True)


def parse(output):
    """The lines `name value unit` of a program."""
    lines = [line.split() for line in output.splitlines() if line and not line.startswith('#')]
    return {words[0]: float(words[1]) for words in lines if len(words) == 3}


class Runner:
    def __init__(self, router):
        self.router = router
        self.shares = []        # of a core, in per cent, that others used during the runs that count
        self.dropped = 0
        self.disturbed = 0
        self.environment = {
            **os.environ,
            'NODE_PATH': str(knobs.TOP / '.deps/node/node_modules'),
            'PYTHONDONTWRITEBYTECODE': '1',
            'BENCH_ROUTER_PIDS': ' '.join(map(str, router.pids)),
        }

    def _once(self, command, ours, environment):
        disturbance = machine.Disturbance(ours)
        run = subprocess.run(command, env={**self.environment, **environment}, capture_output=True, text=True,
                             preexec_fn=machine.on_core(machine.CLIENT_CORE))
        if run.returncode != 0:
            raise Failed(f'{" ".join(map(str, command))} failed:\n{run.stdout}{run.stderr}')
        return disturbance.share(), run.stdout

    def try_out(self, command):
        """What the program printed, however disturbed."""
        return parse(self._once(command, self.router.pids, {})[1])

    def run(self, command, router=None, **environment):
        """What the program printed in the least disturbed of the runs that were needed."""
        return self.least_disturbed(lambda: self.once(command, router or self.router, environment))

    def once(self, command, router, environment):
        """How disturbed a run on that router was, and what the program printed."""
        return self._once(command, {*self.router.pids, *router.pids}, environment)

    def least_disturbed(self, once):
        """What was printed in the least disturbed of the runs that were needed."""
        best = once()
        for _ in range(knobs.REPEATS):
            if best[0] <= knobs.QUIET:
                break
            self.dropped += 1
            best = min(best, once(), key=lambda run: run[0])
        self.shares.append(best[0])
        self.disturbed += best[0] > knobs.QUIET
        return best[1]

    def measure(self, command, router=None, **environment):
        return parse(self.run(command, router, **environment))

    def verdict(self):
        """How disturbed the machine was."""
        if not self.shares:
            return 'nothing was run beside the router'
        middle, worst = statistics.median(self.shares), max(self.shares)
        state = f'DISTURBED, {self.disturbed} of them above the limit: read the tables with care'
        return (f'{len(self.shares)} runs count, {self.dropped} more were dropped because others used over '
                f'{knobs.QUIET:g} % of a core. In those that count others used {middle:.1f} % (median), at most '
                f'{worst:.1f} %: {state if self.disturbed else "quiet"}.')


class Progress:
    """Tells on stderr how far it is, and how long the rest may take."""

    def __init__(self, expected):
        self.expected, self.done, self.begin = expected, 0, time.monotonic()

    def step(self, text, expected):
        self.done += expected
        spent = time.monotonic() - self.begin
        rest = spent / self.done * (self.expected - self.done)
        note(f'{self.done / self.expected:4.0%}  {text}; {spent / 60:.1f} minutes gone, about {rest / 60:.1f} to go')
