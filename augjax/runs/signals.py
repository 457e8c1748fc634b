"""Being asked to stop: SIGTERM and Ctrl-C end a run where nothing is lost, or at once."""

import atexit
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from augjax.errors import Interrupted
from augjax.printable import printable

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none.
_GRACE_SECONDS = 2.0
_TELL_SECONDS = 0.5


class StopSignals:
    """While entered, SIGTERM and SIGINT are taken as requests to stop, and SIGHUP as none.

    A terminal that is closed sends SIGHUP; the run goes on without it.

    While `saving` is True, the first signal only sets `asked`, for whoever can save the run to see
    after the step in progress. Else there is nothing to save, and the first signal raises
    `Interrupted` in the main thread. A second signal ends the process at once.

    Python runs its handlers between bytecodes of the main thread, which may be inside XLA's
    compiler for a minute. So the signal's number also arrives, through the wake-up descriptor, at
    a thread that ends the process where the main thread cannot.

    Attributes:
      saving: whether a signal should wait for the run to be saved.
      asked: the signal that arrived; None before.
      hint: what to tell a user who leaves at once.
    """

    def __init__(self) -> None:
        self.saving = False
        self.asked: int | None = None
        self.hint = ""
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is not threading.main_thread():
            return self  # Only the main thread may, and whoever owns it decides.
        # Runs after what is registered later, as by JAX, which a second signal may still cut short.
        atexit.register(self._keep_exit_code)
        self._left = threading.Event()
        read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = {s: signal.signal(s, self._handle) for s in _SIGNALS}
        if _HANGUP is not None:
            self._before[_HANGUP] = signal.signal(_HANGUP, signal.SIG_IGN)
        self._watcher = threading.Thread(target=self._watch, args=(read,), daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if not self._before:
            return
        self._left.set()
        if isinstance(error, Interrupted):  # It is on its way out: a second signal just hurries.
            code = error.exit_code
            self._before = dict.fromkeys(_SIGNALS, lambda *_: os._exit(code))
        else:
            atexit.unregister(self._keep_exit_code)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._write)
        self._watcher.join()

    def _keep_exit_code(self) -> None:
        """At the very end Python takes its handlers away, and a signal would change the code."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def interrupted(self, signum: int) -> Interrupted:
        """To be raised once the run is saved, after a signal to this process or another."""
        return Interrupted(signum, _line("interrupted", self.hint))

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if not self.saving:
            raise Interrupted(signum, _line("interrupted", self.hint))

    def _watch(self, read: int) -> None:
        with os.fdopen(read, "rb", buffering=0) as numbers:
            while number := numbers.read(1):
                if number[0] not in _SIGNALS:
                    continue
                if self.asked is not None:
                    self._leave(number[0], "interrupted at once")
                self.asked = number[0]
                if self.saving:
                    _tell("stopping after this step; once more to leave at once")
                elif not self._left.wait(_GRACE_SECONDS):
                    self._leave(number[0], "interrupted")

    def _leave(self, signum: int, what: str) -> None:
        _leave(signum, _line(what, self.hint))


@contextlib.contextmanager
def left_at_once(hint: str = "") -> Iterator[None]:
    """While entered, SIGTERM and SIGINT end the process at once.

    For imports: nothing is to be saved yet, and a module that is being imported may take an
    exception for one of its own.

    Args:
      hint: what to tell a user who leaves.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    line = _line("interrupted", hint)
    before = {s: signal.signal(s, lambda s, _: _leave(s, line)) for s in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(signum: int, line: str) -> None:
    if os.isatty(1):
        _write(1, b"\x1b[?25h")  # A live bar hides the cursor.
    _tell(line)
    os._exit(128 + signum)


def _line(what: str, hint: str) -> str:
    return f"{what}; {hint}" if hint else what


def _tell(line: str) -> None:
    _write(2, f"{printable(line)}\n".encode())


def _write(descriptor: int, data: bytes) -> None:
    """Writes, if that can be done soon: there may be nobody to read it."""

    def write() -> None:
        with contextlib.suppress(OSError):
            os.write(descriptor, data)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    writer.join(_TELL_SECONDS)
