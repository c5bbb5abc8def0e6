"""What the environment asks for."""

import os
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PARTS = ['messages', 'codec', 'memory', 'burst', 'subscriptions', 'tls', 'module', 'idle', 'router']
SCENARIOS = ['rpc_seq', 'rpc_pipe', 'pub_noack', 'pub_ack', 'event_10k', 'rpc_1mb']
CLIENTS = ['autobahn-python', 'autobahn-js', 'wampy.js']
PEERS = [*CLIENTS, 'crossbar']

HELP = f"""Measures Loowy on this machine against what it should reach.

Candidates take turns, what is printed are medians over the rounds, and each run has the router on one core and the
client on another. The part `router` measures the router itself under a load, beside crossbar in the same run, and
needs some ten minutes: PARTS=router benches/run. The exit status says whether everything could be measured, not what
came out. docs/performance.md tells what is measured and how.

environment
  ROUNDS=5            how often each candidate runs each scenario
  SCALE=1             seconds that a run takes; SCALE=0.01 ROUNDS=1 only shows that all of it works
  PARTS=all           or some of {','.join(PARTS)}
  SCENARIOS=all       or some of {','.join(SCENARIOS)}
  LUAS=luajit,5.4     the Luas
  PEERS=all           or no, or some of {','.join(PEERS)}; crossbar is what the router is held against
  ENCODING=json       or msgpack, for Loowy alone; the part `router` always measures both
  ROUTER=own          or crossbar: the router that clients are measured on
  PIN=yes             no: leave it to the system which core runs what
  IDLE_SECONDS=35     how long an idle client is watched; 600 for ten minutes
  QUIET=10            per cent of a core that others may use during a run; a run with more is dropped and repeated
  REPEATS=3           how often at most; then the least disturbed one counts
"""


def chosen(name, known, default='all'):
    """The names of a comma list in the order of `known`; whoever misspells one hears of it."""
    value = os.environ.get(name) or default
    wanted = {'all': known, 'yes': known, 'no': []}.get(value, value.split(','))
    unknown = set(wanted) - set(known)
    if unknown:
        sys.exit(f'{name}: no such {", ".join(sorted(unknown))}; there are {", ".join(known)}')
    return [item for item in known if item in wanted]


def number(name, default, kind=float):
    try:
        return kind(os.environ.get(name) or default)
    except ValueError:
        sys.exit(f'{name}: not a number')


ROUNDS = number('ROUNDS', 5, int)
SCALE = number('SCALE', 1)
IDLE_SECONDS = number('IDLE_SECONDS', 35)
QUIET = number('QUIET', 10)
REPEATS = number('REPEATS', 3, int)
WANTED_PARTS = chosen('PARTS', PARTS)
WANTED_SCENARIOS = chosen('SCENARIOS', SCENARIOS)
WANTED_PEERS = [name for name in chosen('PEERS', PEERS) if name in CLIENTS]
WITH_CROSSBAR = 'crossbar' in chosen('PEERS', PEERS)
LUAS = chosen('LUAS', ['luajit', '5.1', '5.2', '5.3', '5.4'], 'luajit,5.4')
ENCODING = chosen('ENCODING', ['json', 'msgpack'], 'json')[0]
ROUTER = chosen('ROUTER', ['own', 'crossbar'], 'own')[0]
PIN = chosen('PIN', ['yes', 'no'], 'yes')[0] == 'yes'
