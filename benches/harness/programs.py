"""Builds what is measured."""

import json
import subprocess
import sys

from . import knobs

EXAMPLES = ['router', 'bare', 'load', 'relay']


def interpreter(lua):
    return lua if lua == 'luajit' else f'lua{lua}'


def measures_clients():
    return knobs.WANTED_PARTS != ['router']


def needs():
    peers = ['peers'] if knobs.WANTED_PEERS and 'messages' in knobs.WANTED_PARTS or knobs.ROUTER == 'crossbar' else []
    luas = ['cjson', 'strip', *map(interpreter, knobs.LUAS)] if measures_clients() else []
    return ['rust', *luas, *peers]


def build():
    """Installs and builds what is missing; gives the paths of the example programs by name."""
    subprocess.run([knobs.TOP / 'tools/need', *needs()], check=True, stdout=sys.stderr)
    for lua in knobs.LUAS if measures_clients() else []:
        subprocess.run(['make', '--no-print-directory', '-C', knobs.TOP, 'build', f'LUA={lua}'], check=True,
                       stdout=sys.stderr)
    command = ['cargo', 'build', '--release', '--package', 'wamp-net', '--message-format', 'json-render-diagnostics']
    command += [word for example in EXAMPLES for word in ('--example', example)]
    output = subprocess.run(command, cwd=knobs.TOP, check=True, stdout=subprocess.PIPE, text=True).stdout
    artifacts = [json.loads(line) for line in output.splitlines() if line.startswith('{')]
    return {a['target']['name']: a['executable'] for a in artifacts if a.get('executable')}
