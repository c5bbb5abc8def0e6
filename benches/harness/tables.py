"""The tables that are printed."""

import datetime
import pathlib
import subprocess
import sys

from . import knobs, lines, load, load_lines, machine
from .messages import ON_ONE_CORE

LUA_NAMES = {'luajit': 'LuaJIT'}
COLUMN_NAMES = {**LUA_NAMES, 'json': 'JSON', 'msgpack': 'MessagePack'}
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


def reached(line, results, columns):
    verdicts = {column: line.reached(results, column) for column in columns if line.in_column(column)}
    if None in verdicts.values():
        return 'not measured'
    missing = [COLUMN_NAMES.get(column, column) for column, verdict in verdicts.items() if not verdict]
    return 'yes' if not missing else 'no' if len(missing) == len(verdicts) else f'not on {", ".join(missing)}'


def complete(bench):
    """Whether every line could be measured that can be without what is not there."""
    tables = [(lines.wanted(), knobs.LUAS), (router_lines(), load.FORMATS)]
    return all(line.reached(bench.results, column) is not None
               for wanted, columns in tables for line in wanted for column in columns
               if line.in_column(column) and (bench.crossbar or line.against != load.CROSSBAR))


def router_lines():
    return load_lines.wanted() if 'router' in knobs.WANTED_PARTS else []


def targets(results, wanted, columns, what):
    names = [f'{what} {COLUMN_NAMES.get(name, name)}'.strip() for name in columns]
    head = ['measure', 'against', 'reach', *names, 'reached']
    rows = [[line.measure, line.against, line.reach.replace('<=', '≤').replace('>=', '≥'),
             *(line.shown(results, column) for column in columns), reached(line, results, columns)] for line in wanted]
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


def of_the_router(results):
    candidates, rows = load_lines.rows(results)
    return [['scenario', *candidates], *([name, *map(figure, values)] for name, values in rows.items())]


def about(bench, what):
    pinned = 'router and client on a core of their own' if knobs.PIN else 'cores as the system chose them'
    rounds = f'medians of {knobs.ROUNDS} rounds at scale {knobs.SCALE:g}'
    return [
        *machine.description(),
        f'{datetime.date.today()}{commit()}; {what}; {rounds}; {pinned}',
        bench.runner.verdict(),
    ]


def sections(bench):
    """What is written between which marks, each with what it says about itself."""
    encoding = 'JSON' if knobs.ENCODING == 'json' else 'MessagePack for Loowy, JSON for the others'
    results, wanted = bench.results, lines.wanted()
    if wanted:
        tables = [targets(results, wanted, knobs.LUAS, 'ratio'), absolute(results)]
        yield 'measured', f'{bench.router.name} router; {encoding}', tables
    if router_lines():
        beside = f'beside {load.rival()}' if bench.crossbar else 'WITHOUT CROSSBAR: not wanted, or not to be had'
        yield 'router', beside, [targets(results, router_lines(), load.FORMATS, ''), of_the_router(results)]


def written(bench, about_it, tables, as_table, bullet):
    blocks = ['\n'.join(bullet + line for line in about(bench, about_it))]
    return '\n\n'.join(blocks + [as_table(rows) for rows in tables if len(rows) > 1])


def put_into(document, mark, text):
    """Between the marks."""
    begin, end = f'<!-- {mark} -->', f'<!-- /{mark} -->'
    before, found, rest = document.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        sys.exit(f'{document} has no marks {begin} and {end}; what would be between them:\n\n{text}')
    document.write_text(f'{before}{begin}\n\n{text}\n\n{end}{after}')


def show(bench, markdown):
    """Prints the tables: as text, as Markdown where that is empty, or into the file of that name."""
    for mark, about_it, tables in sections(bench):
        if markdown is None:
            print(written(bench, about_it, tables, as_text, ''), end='\n\n')
        elif markdown == '':
            print(written(bench, about_it, tables, as_markdown, '- '), end='\n\n')
        else:
            put_into(pathlib.Path(markdown), mark, written(bench, about_it, tables, as_markdown, '- '))
