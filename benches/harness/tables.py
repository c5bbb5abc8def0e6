"""The tables that are printed."""

import datetime
import pathlib
import subprocess
import sys

from . import knobs, lines, machine
from .messages import ON_ONE_CORE

MARKS = '<!-- measured -->', '<!-- /measured -->'
LUA_NAMES = {'luajit': 'LuaJIT'}
USUAL = [('rate', '/s'), (lines.CPU, 's CPU per 10,000 messages')]
ROUND_TRIPS = [('rtt_p50', 'µs, p50'), ('rtt_p99', 'µs, p99'), (lines.CPU, 's CPU per 10,000 messages')]
FIGURES = {
    'rpc_seq': ROUND_TRIPS,
    ON_ONE_CORE: ROUND_TRIPS,
    'rpc_1mb': [('time', 'ms'), (lines.CPU, 's CPU per 10,000 messages')],
    'connect': [('rate', '/s'), ('rss_per_client', 'kB per client')],
    'connect_2k': [('rate', '/s'), ('rss_per_client', 'kB per client')],
}


def lua_name(lua):
    return LUA_NAMES.get(lua, lua)


def reached(line, results):
    verdicts = {lua: line.reached(results, lua) for lua in knobs.LUAS}
    if None in verdicts.values():
        return 'not measured'
    missing = [lua_name(lua) for lua, verdict in verdicts.items() if not verdict]
    return 'yes' if not missing else 'no' if len(missing) == len(verdicts) else f'not on {", ".join(missing)}'


def complete(results):
    """Whether every line could be measured."""
    return all(line.reached(results, lua) is not None for line in lines.wanted() for lua in knobs.LUAS)


def targets(results):
    head = ['measure', 'against', 'reach', *(f'ratio {lua_name(lua)}' for lua in knobs.LUAS), 'reached']
    rows = [[line.measure, line.against, line.reach.replace('<=', '≤').replace('>=', '≥'),
             *(line.shown(results, lua) for lua in knobs.LUAS), reached(line, results)] for line in lines.wanted()]
    return [head, *rows]


def column_name(candidate):
    return f'Loowy, {lua_name(candidate)}' if candidate in knobs.LUAS else candidate


def figure(value):
    if value is None:
        return '–'
    if value >= 1000:
        return f'{value:,.0f}'
    return f'{value:.3g}'


def absolute(results):
    """What was measured, of everybody."""
    known = results.candidates()
    candidates = [name for name in ['bare', *knobs.LUAS, *knobs.WANTED_PEERS] if name in known]
    rows = []
    for scenario in [*knobs.SCENARIOS[:1], ON_ONE_CORE, *knobs.SCENARIOS[1:], 'connect', 'connect_2k']:
        for name, unit in FIGURES.get(scenario, USUAL):
            values = [results.median(candidate, f'{scenario}_{name}') for candidate in candidates]
            if any(value is not None for value in values):
                rows.append([f'{scenario}: {unit}', *map(figure, values)])
    return [['scenario', *map(column_name, candidates)], *rows] if rows else []


def as_markdown(rows):
    head, *body = rows
    return '\n'.join('| ' + ' | '.join(row) + ' |' for row in [head, ['---'] * len(head), *body])


def as_text(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return '\n'.join(' | '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def commit():
    run = subprocess.run(['git', 'describe', '--always', '--dirty'], cwd=knobs.TOP, stdout=subprocess.PIPE, text=True,
                         stderr=subprocess.DEVNULL)
    return f', {run.stdout.strip()}' if run.returncode == 0 else ''


def about(bench):
    encoding = 'JSON' if knobs.ENCODING == 'json' else 'MessagePack for Loowy, JSON for the others'
    pinned = 'router and client on a core of their own' if knobs.PIN else 'cores as the system chose them'
    return [
        *machine.description(),
        f'{datetime.date.today()}{commit()}; {bench.router.name} router; {encoding}; medians of {knobs.ROUNDS} rounds '
        f'at scale {knobs.SCALE:g}; {pinned}',
        bench.runner.verdict(),
    ]


def written(bench, as_table, bullet):
    blocks = ['\n'.join(bullet + line for line in about(bench))]
    blocks += [as_table(rows) for rows in (targets(bench.results), absolute(bench.results)) if len(rows) > 1]
    return '\n\n'.join(blocks)


def put_into(document, text):
    """Between the marks."""
    before, begin, rest = document.read_text().partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not end:
        sys.exit(f'{document} has no marks {MARKS[0]} and {MARKS[1]}; what would be between them:\n\n{text}')
    document.write_text(f'{before}{begin}\n\n{text}\n\n{end}{after}')


def show(bench, markdown):
    """Prints the tables: as text, as Markdown where that is empty, or into the file of that name."""
    if markdown is None:
        print(written(bench, as_text, ''))
    elif markdown == '':
        print(written(bench, as_markdown, '- '))
    else:
        put_into(pathlib.Path(markdown), written(bench, as_markdown, '- '))
