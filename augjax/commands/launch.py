"""`augjax launch`: a command as several processes of one JAX program on this machine.

Each is told by its environment which of them it is, and what it prints is printed here, line by
line, with its number ahead. If one fails, the others are ended: they would wait for it.
"""

import contextlib
import ctypes
import dataclasses
import functools
import gc
import math
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import IO, TextIO

from augjax.commands.flags import Launch
from augjax.errors import InputError, RunError
from augjax.printable import printable
from augjax.runtime.cluster import free_address

GRACE_SECONDS = 5.0
"""For the others to end by themselves when one has failed, as several do on the same error; and
once more after SIGTERM, which a run that waits for another process cannot follow."""

_TICK_SECONDS = 0.05
"""How often it is asked which processes have ended."""
_CHUNK = 2**16
"""Bytes that are read at once: all that a pipe holds."""
_LONGEST = 2**23
"""Bytes of a line after which it is printed in parts, so that an endless one fills no memory."""
_STOPS = (signal.SIGINT, signal.SIGTERM)
_PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2)."""


def main(flags: Launch) -> int:
    """Starts the processes and waits for them; the exit code of the first to fail, or 0."""
    if not hasattr(os, "killpg"):
        raise InputError("augjax launch works on Linux and macOS only")
    gc.enable()
    return _Launcher().run(flags.command, flags.processes)


class _Output:
    """Standard output or error of a process, whose lines get its number ahead."""

    def __init__(self, number: int, pipe: IO[bytes] | None, screen: TextIO) -> None:
        assert pipe is not None
        self.pipe = pipe
        self._prefix = b"[%d] " % number
        self._screen = screen
        self._begun = bytearray()

    def pass_on(self) -> bool:
        """Prints the lines that have come, and at the end what has come of the last.

        Returns:
          Whether there may be more.
        """
        read = self.pipe.read(_CHUNK)
        lines, newline, rest = read.rpartition(b"\n")
        if newline:
            self._print(self._begun + lines)
            self._begun.clear()
        self._begun += rest
        if not read or len(self._begun) > _LONGEST:
            self.finish()
        return bool(read)

    def finish(self) -> None:
        """Prints what has come of a line that does not end."""
        if self._begun:
            self._print(self._begun)
            self._begun.clear()

    def _print(self, lines: bytearray) -> None:
        """Prints bytes, as they need not be text in any encoding."""
        with_number = [b"%b%b\n" % (self._prefix, line) for line in lines.split(b"\n")]
        self._screen.buffer.write(b"".join(with_number))
        self._screen.buffer.flush()


@dataclasses.dataclass(frozen=True)
class _Process:
    number: int
    process: subprocess.Popen[bytes]
    outputs: Sequence[_Output]

    @property
    def code(self) -> int | None:
        """The exit code, or the negative number of the signal; None before it is known."""
        return self.process.returncode

    @property
    def over(self) -> bool:
        """Whether it has ended, and nobody is left who could print in its name."""
        return self.code is not None and all(output.pipe.closed for output in self.outputs)

    def send(self, number: int) -> None:
        """Sends a signal, also to what the process has started, as a terminal does."""
        if not self.over:
            # macOS refuses where all have ended and only their codes are left.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def story(self) -> str:
        """Which one it was, and how it ended."""
        assert self.code is not None
        if self.code >= 0:
            return f"process {self.number} ended with exit code {self.code}"
        names = {int(number): number.name for number in signal.Signals}
        killer = names.get(-self.code, f"signal {-self.code}")  # Not all of them have names.
        return f"process {self.number} was killed by {killer}"


class _Launcher:
    """The processes, from the first one's start to the last one's end."""

    def __init__(self) -> None:
        self._processes: list[_Process] = []
        self._outputs = selectors.DefaultSelector()
        self._first: _Process | None = None  # That ended with another code than 0.
        self._asked: list[int] = []

    def run(self, command: Sequence[str], count: int) -> int:
        """Starts the processes, and waits for them; the exit code."""
        for number in _STOPS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # As a run does: a closed terminal ends none.
        try:
            self._start(command, count)
            self._wait()
        except BaseException:
            self._send(signal.SIGKILL)
            raise
        code = self._first_code()
        return code if code >= 0 else 128 - code

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        """Leaves it to the processes how they stop, twice."""
        self._asked.append(signum)
        if len(self._asked) > 2:
            self._send(signal.SIGKILL)
            os._exit(128 + signum)  # Whatever the main thread waits for, as to be read.
        self._send(signum)

    def _send(self, number: int) -> None:
        for process in self._processes:
            process.send(number)

    def _start(self, command: Sequence[str], count: int) -> None:
        shared = {
            # Else Python would keep back what it prints, as it does where no terminal is.
            "PYTHONUNBUFFERED": "1",
            **os.environ,
            "JAX_COORDINATOR_ADDRESS": free_address(),
            "JAX_NUM_PROCESSES": str(count),
        }
        dies_with_us = _dies_with_us()
        for number in range(count):
            try:
                process = subprocess.Popen(
                    command,
                    bufsize=0,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={**shared, "JAX_PROCESS_ID": str(number)},
                    start_new_session=True,  # Ctrl-C reaches it through us alone.
                    preexec_fn=dies_with_us,
                )
            except OSError as error:
                kind = RunError if self._processes else InputError
                raise kind(
                    f"{printable(command[0])} cannot be started ({error.strerror})"
                ) from error
            outputs = (
                _Output(number, process.stdout, sys.stdout),
                _Output(number, process.stderr, sys.stderr),
            )
            for output in outputs:
                self._outputs.register(output.pipe, selectors.EVENT_READ, output)
            self._processes.append(_Process(number, process, outputs))
            if self._asked:  # Maybe before it was in the list.
                self._processes[-1].send(self._asked[-1])
                break

    def _wait(self) -> None:
        """Passes on what is printed until all have ended; ends the others when one has failed."""
        failed = told = False
        due, signals = math.inf, [signal.SIGKILL, signal.SIGTERM]
        while not all(process.over for process in self._processes):
            printed = self._pass_on()
            running = self._running()
            # Who asks for an end decides how long it may take.
            failed = failed or (self._first is not None and not self._asked)
            now = time.monotonic()
            if math.isinf(due) and (failed or not running):
                due = now + GRACE_SECONDS
            if now < due:
                continue
            if failed and signals:
                if running and not told:
                    self._tell("; the others are ended")
                    told = True
                self._send(signals.pop())
                due = now + GRACE_SECONDS
            elif not printed:  # What is left in the background may hold a pipe open for ever.
                for key in self._outputs.get_map().values():
                    key.data.finish()
                break
        codes = {process.code for process in self._processes}
        # Those that agree on an error have told it; a killed one has not.
        if failed and not told and (len(codes) > 1 or self._first_code() < 0):
            self._tell()

    def _pass_on(self) -> bool:
        """Waits a moment for something to be printed, and prints it; whether there was anything."""
        ready = self._outputs.select(_TICK_SECONDS)
        for key, _ in ready:
            output: _Output = key.data
            if not output.pass_on():
                self._outputs.unregister(output.pipe)
                output.pipe.close()
        return bool(ready)

    def _running(self) -> bool:
        """Whether any process has not ended."""
        for process in self._processes:
            if process.code is None and process.process.poll() and self._first is None:
                self._first = process
        return any(process.code is None for process in self._processes)

    def _first_code(self) -> int:
        return (self._first.code if self._first else None) or 0

    def _tell(self, consequence: str = "") -> None:
        assert self._first is not None
        print(f"augjax launch: {self._first.story()}{consequence}", file=sys.stderr, flush=True)


def _dies_with_us() -> Callable[[], object] | None:
    """What a process is to do first, for the kernel to end it if this one is killed.

    It runs between fork and exec, which is safe as long as this process has one thread.
    """
    if sys.platform != "linux":  # Others have no such thing.
        return None
    return functools.partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, int(signal.SIGKILL))
