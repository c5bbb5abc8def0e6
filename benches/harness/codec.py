"""Values to bytes and back, beside lua-cjson: benches/codec.lua compares them in one interleaved run."""

import re

from . import knobs

CASES = ['event', '10 kB nested', '1 MB string', '10,000 integers']
FORMATS = ['json', 'msgpack', 'cbor']
DIRECTIONS = ['decode', 'encode']
LINE = re.compile(r'(.*?) +(lua-cjson|json|msgpack|cbor) +\d+ +([\d.]+)us +([\d.]+)us')


def name(form, direction, case):
    return f'codec {form} {direction} {case}'


def parse(output):
    """Microseconds by codec, direction and case."""
    times = {}
    for case, codec, encode, decode in LINE.findall(output):
        times[codec, 'encode', case], times[codec, 'decode', case] = float(encode), float(decode)
    return times


def play(bench, _number):
    for lua in knobs.LUAS:
        command = [knobs.TOP / 'tools/run', lua, knobs.TOP / 'benches/codec.lua']
        times = parse(bench.runner.run(command, BENCH_SCALE=str(knobs.SCALE), BENCH_ROUNDS='3'))
        bench.results.add(lua, {
            name(form, direction, case): times[form, direction, case] / times['lua-cjson', direction, case]
            for form in FORMATS for direction in DIRECTIONS for case in CASES})
