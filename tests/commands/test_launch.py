"""`augjax launch`: several processes, what they print, and how they end."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from augjax.commands.app import parsed, run
from augjax.errors import InputError
from tests.helpers import run_python

CHECKOUT = Path(__file__).parents[2]
IMPATIENT = "from augjax.commands import launch, main; launch.GRACE_SECONDS = 0.2; main.main()"
"""The command, which gives the others less time than it usually does."""
ON_SIGNAL = """
import os, signal, sys, time
def stop(signum, frame):
    os.write(1, b"saving\\n")
    if asked: os._exit(128 + signum)
    asked.append(signum)
    {then}
asked = []
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, stop)
os.write(1, b"ready\\n")
time.sleep(30)
"""
"""What a process prints is written at once: of what Python keeps, a signal may leave a copy."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the command is not for Windows")


def command(*arguments: str, patient: bool = True) -> list[str]:
    start = ["-m", "augjax"] if patient else ["-c", IMPATIENT]
    return [sys.executable, *start, "launch", *arguments]


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), **variables}


def launch(*arguments: str, patient: bool = True, **variables: str) -> subprocess.CompletedProcess:
    """What the command gives, as bytes."""
    return subprocess.run(
        command(*arguments, patient=patient),
        capture_output=True, input=b"typed", timeout=60, env=environment(**variables),
    )  # fmt: skip


def shell(count: int, script: str, *, patient: bool = True) -> subprocess.CompletedProcess:
    return launch("-n", str(count), "--", "sh", "-c", script, patient=patient)


@contextlib.contextmanager
def started(*arguments: str, ready: int, patient: bool = True) -> Iterator[subprocess.Popen]:
    """The command, once so many lines have been printed."""
    with subprocess.Popen(
        command(*arguments, patient=patient),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    ) as process:  # fmt: skip
        try:
            assert {line[4:] for line in lines(process, ready)} == {b"ready\n"}
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen, count: int) -> list[bytes]:
    assert process.stdout
    return [process.stdout.readline() for _ in range(count)]


def python(count: int, then: str = "") -> list[str]:
    """Arguments for processes that save at a signal and end at the second one."""
    return ["-n", str(count), "--", sys.executable, "-c", ON_SIGNAL.format(then=then)]


@pytest.fixture
def alive(tmp_path, monkeypatch):
    """Whether, after so many seconds, any of those that `exec 3> $ALIVE` has marked still is.

    To be asked once.
    """
    path = tmp_path / "alive"
    os.mkfifo(path)
    monkeypatch.setenv("ALIVE", str(path))
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    own = os.open(path, os.O_WRONLY)  # Before the first writer there is no end to be seen.

    def any_alive(seconds: float = 5.0) -> bool:
        os.close(own)
        return not select.select([descriptor], [], [], seconds)[0]

    yield any_alive
    os.close(descriptor)


FAILING = """
cd "$(dirname $ALIVE)"
if [ $JAX_PROCESS_ID = 1 ]; then
    until [ -e 0 ] && [ -e 2 ]; do sleep 0.02; done
    {failure}
fi
exec 3> $ALIVE
trap '{trap}' TERM
sleep 60 & touch $JAX_PROCESS_ID; wait
"""
"""Process 1 fails when the others are ready for SIGTERM. What they start is told of that too."""


def test_each_process_is_told_which_it_is():
    script = (
        "import os, sys; names = ['PROCESS_ID', 'NUM_PROCESSES', 'COORDINATOR_ADDRESS']\n"
        "print(*(os.environ['JAX_' + name] for name in names), repr(sys.stdin.read()),\n"
        "      os.getsid(0) == os.getpid())"
    )
    done = launch("-n", "3", "--", sys.executable, "-c", script)
    assert (done.returncode, done.stderr) == (0, b"")
    found = sorted(
        re.findall(r"^\[(\d)\] (\d) 3 127\.0\.0\.1:(\d+) '' True\n", done.stdout.decode(), re.M)
    )
    assert [(number, told) for number, told, _ in found] == [(n, n) for n in "012"]
    assert len({port for *_, port in found}) == 1 and 1024 <= int(found[0][2]) < 65536


def test_the_rest_of_the_environment_is_the_user_s():
    """As the command of the others is, it may be told where JAX keeps what it compiles."""
    name = "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
    assert name not in os.environ
    script = f"echo ${{{name}-unset}} $PYTHONUNBUFFERED $OWN"
    done = launch("-n", "1", "--", "sh", "-c", script, PYTHONUNBUFFERED="0", OWN="own")
    assert done.stdout == b"[0] unset 0 own\n"


def test_the_command_s_arguments_are_as_they_were_given():
    arguments = ["", "--debug", "--help", "-n", "0", "--", "--out=", "--foo_bar"]
    done = launch("-n", "1", "--", "sh", "-c", 'printf "<%s>" "$@"', "sh", *arguments)
    assert done.stdout.decode() == "[0] " + "".join(f"<{a}>" for a in arguments) + "\n"


def test_lines_are_passed_on_byte_by_byte():
    script = (
        "import sys; write = sys.stdout.buffer.write\n"
        "write(b'x' * 3_000_000 + b'\\n\\n\\xff\\r10%\\r20%\\r\\nlast')\n"
        "sys.stderr.write('one\\ntwo')"
    )
    done = launch("-n", "1", "--", sys.executable, "-c", script)
    first, rest = done.stdout[:3_000_004], done.stdout[3_000_004:]
    assert first == b"[0] " + b"x" * 3_000_000
    assert rest == b"\n[0] \n[0] \xff\r10%\r20%\r\n[0] last\n"
    assert done.stderr == b"[0] one\n[0] two\n"


def test_an_endless_line_comes_in_parts():
    script = "import sys; [sys.stdout.buffer.write(b'x' * 2**20) for _ in range(20)]"
    parts = launch("-n", "1", "--", sys.executable, "-c", script).stdout.splitlines()
    assert len(parts) == 3 and {part[:5] for part in parts} == {b"[0] x"}
    assert sum(map(len, parts)) == 20 * 2**20 + 3 * 4


def test_what_python_prints_is_not_kept_back(monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    script = "import os, time; print('ready'); time.sleep(0.1); os._exit(0)"
    with started("-n", "2", "--", sys.executable, "-c", script, ready=2) as process:
        assert process.wait(timeout=30) == 0


def test_lines_of_several_processes_stay_whole_and_in_order():
    script = (
        "import os; number = os.environ['JAX_PROCESS_ID'].encode()\n"
        "for i in range(2000): os.write(1, b'%d ' % i + number * 9); os.write(1, number + b'\\n')"
    )
    done = launch("-n", "3", "--", sys.executable, "-c", script)
    for number in "012":
        own = [line for line in done.stdout.decode().splitlines() if line[1] == number]
        assert own == [f"[{number}] {i} {number * 10}" for i in range(2000)]


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("echo fine >&2", 0, ""),
        ("exit 2", 2, ""),
        ("exit $((2 * JAX_PROCESS_ID))", 2, "process 1 ended with exit code 2"),
        ("kill -9 $$", 137, "process 0 was killed by SIGKILL"),
        ("kill -35 $$", 163, "process 0 was killed by signal 35"),
        ("[ $JAX_PROCESS_ID = 1 ] && exit 2; sleep 0.5; exit 3", 2,
         "process 1 ended with exit code 2"),
    ],
)  # fmt: skip
def test_the_first_to_fail_gives_the_exit_code(script, code, said):
    done = shell(2, script)
    own, ours = [], []
    for line in done.stderr.decode().splitlines():
        (own if re.match(r"\[[01]\] ", line) else ours).append(line)
    assert (done.returncode, ours) == (code, [f"augjax launch: {said}"] if said else [])
    assert len(own) == (2 if "fine" in script else 0)


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [("exit 3", 3, "ended with exit code 3"), ("kill -9 $$", 137, "was killed by SIGKILL")],
)
def test_when_one_fails_the_others_are_ended(failure, code, said, alive):
    script = FAILING.format(failure=failure, trap="echo saved; exit 0")
    done = shell(3, script, patient=False)
    assert (done.returncode, sorted(done.stdout.split())) == (
        code,
        [b"[0]", b"[2]", *[b"saved"] * 2],
    )
    assert done.stderr.decode() == f"augjax launch: process 1 {said}; the others are ended\n"
    assert not alive()


def test_those_that_do_not_end_are_killed_and_all_that_they_started(alive):
    done = shell(3, FAILING.format(failure="exit 3", trap=""), patient=False)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (3, b"", 1)
    assert not alive()


def test_what_one_that_failed_leaves_in_the_background_is_ended(alive):
    done = shell(1, "exec 3> $ALIVE; sleep 60 & exit 3", patient=False)
    assert (done.returncode, done.stderr) == (3, b"")
    assert not alive()


def test_what_one_that_is_done_leaves_in_the_background_is_left_alone(alive):
    before = time.monotonic()
    done = shell(1, "exec 3> $ALIVE; sleep 9 & printf done", patient=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"[0] done\n", b"")
    assert alive(0) and time.monotonic() - before < 8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_two_signals_reach_all_once_each(number):
    with started(*python(2), ready=2) as process:
        process.send_signal(signal.SIGHUP)  # Ends nothing.
        for _ in range(2):
            process.send_signal(number)
            assert sorted(lines(process, 2)) == [b"[0] saving\n", b"[1] saving\n"]
        assert process.communicate(timeout=30) == (b"", b"")
        assert process.returncode == 128 + number


def test_who_asks_for_an_end_decides_how_long_it_takes():
    then = "os.environ['JAX_PROCESS_ID'] == '0' and time.sleep(1); print('saved'); sys.exit(143)"
    with started(*python(2, then), ready=2, patient=False) as process:
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (143, b"")
    assert out.splitlines()[-1] == b"[0] saved"


def test_what_a_signal_kills_has_not_failed():
    with started("-n", "2", "--", "sh", "-c", "echo ready; exec sleep 60", ready=2) as process:
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == 143


def test_a_third_signal_kills(alive):
    script = "trap '' INT TERM; exec 3> $ALIVE; echo ready; exec sleep 60"
    with started("-n", "2", "--", "sh", "-c", script, ready=2) as process:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
            time.sleep(0.1)  # Two of a kind at once are one.
            assert process.poll() is None
            process.send_signal(number)
        assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == 143
    assert not alive()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel does this")
def test_none_outlives_a_launcher_that_was_killed(alive):
    script = "echo ready; exec sleep 60 3> $ALIVE"
    with started("-n", "2", "--", "sh", "-c", script, ready=2) as process:
        process.kill()
        process.wait()
    assert not alive()


def test_a_closed_pipe_ends_nothing(tmp_path):
    script = 'yes $JAX_PROCESS_ID | head -n 50000; touch "$0/$JAX_PROCESS_ID"'
    line = 'cd "$0"; "$@" | head -n 1; exit ${PIPESTATUS[0]}'
    start = command("-n", "2", "--", "sh", "-c", script, str(tmp_path))
    done = subprocess.run(
        ["bash", "-c", line, tmp_path, *start], capture_output=True, timeout=60, env=environment()
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(rb"\[(\d)\] \1\n", done.stdout)
    assert sorted(os.listdir(tmp_path)) == ["0", "1"]


def test_where_not_all_can_be_started_none_is_left(alive):
    script = 'ulimit -n 24; exec "$@"'
    start = command("-n", "20", "--", "sh", "-c", "exec 3> $ALIVE; sleep 60 & wait")
    done = subprocess.run(
        ["bash", "-c", script, "bash", *start], capture_output=True, timeout=60, env=environment()
    )
    assert done.returncode == 1
    assert done.stderr == b"error: sh cannot be started (Too many open files)\n"
    assert not alive()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("", "expected -- and a command, as in augjax launch -n 2 -- python train.py; see"),
        ("-n 2", "expected -- and a command"),
        ("-n 2 --", "expected -- and a command"),
        ("-n 2 python x.py --epochs 3", "expected -- and a command"),
        ("-n 2 python -- x.py", "unknown argument python; see augjax launch --help"),
        ("-- python", "expected -n; see augjax launch --help"),
        ("-n two -- python", "-n two: expected a whole number; see augjax launch"),
        ("--proceses 2 -- python", "unknown option --proceses; did you mean --processes?; see"),
        ("-n 0 -- python", "-n 0: expected 1 to 256"),
        ("--processes 257 -- python", "-n 257: expected 1 to 256"),
        ("--debug= -n 2 -- python", "--debug '': takes no value; --no-debug turns it off"),
    ],
)
def test_a_mistake_is_one_line(line, answer):
    with pytest.raises(InputError, match=f"^{re.escape(answer)}") as error:
        run(["launch", *line.split()])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "reason"), [("no\n\x1bsuch", "No such file or directory"), ("/", "Permission denied")]
)
def test_a_command_that_cannot_be_started_is_named(name, reason):
    done = launch("-n", "2", "--", name, "--debug")
    shown = name.replace("\n\x1b", r"\n\x1b")
    assert done.stderr.decode() == f"error: {shown} cannot be started ({reason})\n"
    assert done.returncode == 2


def test_help_tells_where_the_command_goes(capsys):
    with pytest.raises(SystemExit) as stop:
        parsed(["launch", "--help"])
    assert not stop.value.code
    usage = capsys.readouterr().out.splitlines()[0]
    assert usage == "usage: augjax launch [-h] [--debug | --no-debug] -n N -- COMMAND ..."


def test_neither_help_nor_the_command_imports_jax():
    code = (
        "import sys\n"
        "from augjax.commands.main import main\n"
        "import augjax.commands.launch\n"
        "for arguments in (['--help'], ['-n', '1', '--', 'true']):\n"
        "    sys.argv = ['augjax', 'launch', *arguments]\n"
        "    try: main()\n"
        "    except SystemExit as end: assert not end.code\n"
        "print([n for n in ('jax', 'numpy', 'tensorflow', 'flax') if n in sys.modules])"
    )
    assert run_python("-c", code).stdout.endswith("\n[]\n")
