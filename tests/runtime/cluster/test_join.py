"""Processes that join one another on this machine; and one line, in time, where one does not."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.oracles import MISSING

PROGRAM = """
import contextlib, os, sys
from augjax.errors import InputError, errors_in_one_line
from augjax.runtime.cluster import find_place, joined
{imports}
with errors_in_one_line(debug=False), {around}:
    place = find_place(None, None, None, os.environ)
    print("begun", flush=True)
    with joined(place, start_timeout={timeout}, peer_timeout=10):
        import jax
{inside}
"""

SUM = """
        from jax.experimental.multihost_utils import process_allgather
        print("sum", process_allgather(jax.numpy.ones(2)).sum(), flush=True)
"""

SECONDS = 60
"""That a process has at most."""

PROXY = "grpc_proxy"
DEAD = "http://127.0.0.1:9"
PROXIES = {"http_proxy": DEAD, "https_proxy": DEAD, PROXY: DEAD, "HTTPS_PROXY": DEAD}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def process(
    inside: str,
    place: tuple[str, int, int],
    *,
    timeout: float = 60,
    around: str = "",
    env: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen]:
    """One process of a run, which is killed if it has not ended, or does not end."""
    names = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")
    given = dict(zip(names, map(str, place), strict=True))
    program = PROGRAM.format(
        imports="from augjax.runs.signals import StopSignals, left_at_once" if around else "",
        around=around or "contextlib.nullcontext()",
        timeout=timeout,
        inside=inside or "        pass",
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), **given, **(env or {})},
    ) as started:
        watch = threading.Timer(SECONDS, started.kill)
        watch.start()
        try:
            yield started
        finally:
            watch.cancel()
            started.kill()


def ended(started: subprocess.Popen) -> tuple[int, str, str]:
    out, err = started.communicate()
    return started.returncode, out.removeprefix("begun\n"), err


def run_all(*insides: str, env: dict[str, str] | None = None) -> list[tuple[int, str, str]]:
    """Runs a process of each, of one run, to their ends."""
    address = f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        all_started = [
            stack.enter_context(process(inside, (address, len(insides), i), env=env))
            for i, inside in enumerate(insides)
        ]
        return [ended(started) for started in all_started]


def await_server(port: int, started: subprocess.Popen) -> None:
    while started.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)


def test_two_processes_compute_together_whatever_the_proxies():
    for code, out, err in run_all(SUM, SUM, env=PROXIES):
        assert (code, err) == (0, "")
        assert "sum 4.0" in out


def test_nobody_is_process_0():
    address = f"127.0.0.1:{free_port()}"
    begun = time.monotonic()
    with process("", (address, 2, 1), timeout=1) as started:
        code, out, err = ended(started)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err == (
        f"error: no process 0 at {address} after 1 s (--start-timeout): connection refused; "
        "start it there, or correct the coordinator's address\n"
    )
    assert time.monotonic() - begun < 20


@pytest.mark.long
def test_only_some_come():
    port = free_port()
    address = f"127.0.0.1:{port}"
    with process("", (address, 3, 0), timeout=8) as first:
        await_server(port, first)
        with process("", (address, 3, 1), timeout=4) as second:
            for started, seconds in ((second, 4), (first, 8)):
                code, out, err = ended(started)
                assert (code, out, err.count("\n")) == (1, "", 1)
                assert err.startswith(
                    f"error: not all 3 processes have come after {seconds} s (--start-timeout); "
                )


@pytest.mark.long
def test_process_0_is_not_where_its_address_is():
    with process("", (f"nowhere.invalid:{free_port()}", 2, 0), timeout=1) as started:
        code, out, err = ended(started)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: process 0 does not reach itself at nowhere.invalid:")


@pytest.mark.long
@pytest.mark.parametrize("process_id", [0, 1])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("around", ["StopSignals()", "left_at_once()"])
def test_a_signal_ends_the_wait(process_id, number, around):
    pytest.importorskip("flax", reason=f"flax {MISSING}")
    port = free_port()
    with process("", (f"127.0.0.1:{port}", 2, process_id), around=around) as started:
        assert started.stdout and started.stdout.readline() == "begun\n"
        if process_id == 0:
            await_server(port, started)
        time.sleep(0.5)
        begun = time.monotonic()
        started.send_signal(number)
        assert ended(started) == (128 + number, "", "interrupted\n")
        assert time.monotonic() - begun < 2


@pytest.mark.long
def test_sigterm_stays_augjaxs_own():
    """JAX would take it for a sign of preemption, and the run would go on."""
    pytest.importorskip("flax", reason=f"flax {MISSING}")
    inside = (
        SUM
        + """
        signals.saving = True
        print("ready", flush=True)
        sys.stdin.readline()
        print("asked", signals.asked, process_allgather(jax.numpy.ones(1)).sum(), flush=True)
        raise signals.interrupted()
"""
    )
    address = f"127.0.0.1:{free_port()}"
    handled = partial(process, inside, around="StopSignals() as signals")
    with handled((address, 2, 0)) as first, handled((address, 2, 1)) as second:
        for started in (first, second):
            assert started.stdout and started.stdin
            while started.stdout.readline() != "ready\n":
                assert started.poll() is None
            started.send_signal(signal.SIGTERM)
            assert started.stderr and "stopping after this step" in started.stderr.readline()
        for started in (first, second):
            assert started.stdin
            started.stdin.write("\n")
            started.stdin.flush()
        for started in (first, second):
            assert ended(started) == (143, f"asked {signal.SIGTERM} 2.0\n", "interrupted\n")


@pytest.mark.long
def test_a_process_that_fails_does_not_wait_for_the_others():
    address = f"127.0.0.1:{free_port()}"
    fails, waits = (
        SUM + "        raise InputError('bad data')\n",
        SUM + "        sys.stdin.read()\n",
    )
    with process(waits, (address, 2, 0)), process(fails, (address, 2, 1)) as started:
        code, _, err = ended(started)
    assert (code, err) == (2, "error: bad data\n")


@pytest.mark.long
def test_processes_that_all_fail_each_say_so_and_no_more():
    fails = SUM + "        raise InputError('bad data')\n"
    fails_later = SUM + "        import time; time.sleep(1); raise InputError('bad data')\n"
    for code, _, err in run_all(fails, fails_later):
        assert (code, err) == (2, "error: bad data\n")


@pytest.mark.long
def test_the_first_to_end_waits_for_the_last():
    late = SUM + "        import time; time.sleep(12); print('late')\n"
    (code, out, err), (late_code, late_out, late_err) = run_all(SUM, late)
    assert (code, err, late_code, late_err) == (0, "", 0, "")
    assert "late" in late_out and "sum" in out
