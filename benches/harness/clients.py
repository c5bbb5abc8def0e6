"""What a client keeps and can take: memory, bursts, many subscriptions, TLS."""

import pathlib
import tempfile

from . import knobs, router
from .messages import client
from .runs import note


def run_all(bench, *scenarios):
    for scenario in scenarios:
        for lua in knobs.LUAS:
            bench.results.add(lua, bench.runner.measure(client(lua, bench.router.url, scenario)))


def memory(bench, _number):
    run_all(bench, 'connect', 'connect_2k')
    for scenario in 'connect', 'connect_2k':
        command = [bench.programs['bare'], bench.router.url, scenario, str(knobs.SCALE)]
        bench.results.add('bare', bench.runner.measure(command))


def burst(bench, _number):
    run_all(bench, 'rpc_burst', 'rpc_burst_16k')


def subscriptions(bench, _number):
    run_all(bench, 'pub_subs_10', 'pub_subs_100k')


def tls(bench, _number):
    """Always on our own router: the same program with and without TLS."""
    with tempfile.TemporaryDirectory() as folder:
        certificate = pathlib.Path(folder) / 'certificate.pem'
        program = bench.programs['router']
        secured = router.own(program, '--self-signed', certificate, url='wss://127.0.0.1:0/ws')
        with router.own(program) as plain, secured as secure:
            if not secure:
                return note('the router does not listen on wss://')
            for lua in knobs.LUAS:
                for name, target in ('ws', plain), ('wss', secure):
                    command = client(lua, target.url, 'rpc_pipe')
                    measured = bench.runner.measure(command, target, BENCH_CA=str(certificate))
                    bench.results.add(lua, {f'{name}_{key}': value for key, value in measured.items()})
