"""Joining the other processes of a run, by `jax.distributed`.

JAX's client aborts the process, with a trace of C++, when others do not come in time, and the
service of process 0 crashes when its port is taken. Both are found out here before.
"""

import atexit
import contextlib
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator

from augjax.errors import RunError
from augjax.runtime.cluster.place import Place, host_and_port

_PROXY = "grpc_proxy"
"""What gRPC looks at before the other variables of a proxy; if empty, it uses none."""

_PAUSE_SECONDS = 0.2
_PROBE_SECONDS = 5.0
_GRACE_SECONDS = 5.0
"""That a process which fails waits for the others to end as well."""
_NEVER_SECONDS = 24 * 60 * 60
"""For what is timed here, or ends sooner as `peer_timeout` has passed."""


@contextlib.contextmanager
def joined(place: Place, *, start_timeout: float, peer_timeout: float) -> Iterator[None]:
    """While entered, this process is one of its run's; to be entered before JAX computes anything.

    At its end, a process waits for all others to reach theirs. But where an error leaves this
    context, Python's end is the process's, at once or after a short wait, and with the error's exit
    code: the others may be in the middle of their work, and JAX would wait for them and then abort.

    Args:
      place: of the process; for the only one, nothing is done.
      start_timeout: seconds in which all processes must have come.
      peer_timeout: seconds without a sign of life after which JAX aborts all others.

    Raises:
      RunError: if they have not, or process 0 cannot await them.
    """
    if place.alone:
        yield
        return
    deadline = time.monotonic() + start_timeout
    after = f"after {start_timeout:g} s (--start-timeout)"
    if place.coordinator:
        if place.process_id == 0:
            _check_port(place.coordinator)
        else:
            _await_coordinator(place.coordinator, deadline, after)
    try:
        _initialize(place, deadline, after, peer_timeout)
    except BaseException as error:
        atexit.register(_leave, _exit_code(error))
        raise
    try:
        yield
    except BaseException as error:
        if code := _exit_code(error):
            _leave_together_at_exit(code)
        raise


def _check_port(coordinator: str) -> None:
    """Whether process 0 can await the others at its port."""
    bound = os.environ.get("JAX_COORDINATOR_BIND_ADDRESS", "")
    if bound:
        host, port = host_and_port(bound, f"JAX_COORDINATOR_BIND_ADDRESS={bound}")
    else:
        host, port = "", host_and_port(coordinator)[1]
    all_hosts = host in ("", "::") and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if all_hosts or ":" in host else socket.AF_INET
    try:
        address = ("" if all_hosts else host, port)
        socket.create_server(address, family=family, dualstack_ipv6=all_hosts).close()
    except OSError as error:
        raise RunError(
            f"coordinator {coordinator}: process 0 cannot use port {port} "
            f"({_reason(error)}); choose another for all processes"
        ) from error


def _await_coordinator(coordinator: str, deadline: float, after: str) -> None:
    while why := _unreachable(coordinator, deadline):
        if time.monotonic() + _PAUSE_SECONDS > deadline:
            raise RunError(
                f"no process 0 at {coordinator} {after}: {why}; start it there, or correct "
                "the coordinator's address"
            )
        time.sleep(_PAUSE_SECONDS)


def _unreachable(coordinator: str, deadline: float) -> str:
    """Why nobody answers there; empty if somebody does. A name may become known later."""
    seconds = min(max(deadline - time.monotonic(), 1.0), _PROBE_SECONDS)
    try:
        socket.create_connection(host_and_port(coordinator), seconds).close()
    except (OSError, UnicodeError) as error:
        return _reason(error)
    return ""


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.partition(" (while ")[0].lower()


def _initialize(place: Place, deadline: float, after: str, peer_timeout: float) -> None:
    """Has JAX join, in another thread: in this one, signals go on being handled."""
    import jax

    # JAX would take SIGTERM for itself, and warn of every proxy.
    jax.config.update("jax_enable_preemption_service", False)
    jax.config.update("jax_check_proxy_envs", False)
    failures: list[Exception] = []
    ended = threading.Event()

    def initialize() -> None:
        try:
            with _without_proxies():
                jax.distributed.initialize(
                    place.coordinator or None,
                    place.processes,
                    place.process_id if place.coordinator else None,
                    place.local_device_ids,
                    cluster_detection_method="deactivate" if place.coordinator else None,
                    initialization_timeout=_NEVER_SECONDS,
                    heartbeat_timeout_seconds=math.ceil(peer_timeout),
                    shutdown_timeout_seconds=_NEVER_SECONDS,
                )
        except Exception as error:
            failures.append(error)
        ended.set()

    threading.Thread(target=initialize, daemon=True).start()
    if not ended.wait(max(deadline - time.monotonic(), 0.0)):
        raise RunError(_who_is_missing(place, after))
    if failures:
        what, *more = str(failures[0]).splitlines() or [type(failures[0]).__name__]
        raise RunError(
            f"this process could not join the others, by {place.why}: {what}", more
        ) from failures[0]


def _who_is_missing(place: Place, after: str) -> str:
    awaits = place.process_id == 0 and place.coordinator
    if awaits and (why := _unreachable(place.coordinator, 0.0)):
        return (
            f"process 0 does not reach itself at {place.coordinator} {after}: {why}; give "
            "the address of its machine as the coordinator's, or start it on that machine"
        )
    all_of_them = f"all {place.processes} processes" if place.processes else "all processes"
    return (
        f"not {all_of_them} have come {after}; start each on its own, with a process id of its own"
    )


@contextlib.contextmanager
def _without_proxies() -> Iterator[None]:
    """gRPC would look for process 0 behind the proxy that is for the outside world."""
    before = os.environ.get(_PROXY)
    os.environ[_PROXY] = ""
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PROXY]
        else:
            os.environ[_PROXY] = before


def _exit_code(error: BaseException) -> int:
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    otherwise = 130 if isinstance(error, KeyboardInterrupt) else RunError.exit_code
    return getattr(error, "exit_code", otherwise)


def _leave_together_at_exit(code: int) -> None:
    """Has Python's end wait for that of the others, which may fail likewise, but not for long."""
    import jax

    told = threading.Event()

    def shut_down() -> None:
        told.wait()
        with contextlib.suppress(Exception):
            jax.distributed.shutdown()

    # Python 3.12 starts no more threads at its end.
    end = threading.Thread(target=shut_down, daemon=True)
    end.start()

    def leave() -> None:
        told.set()
        end.join(_GRACE_SECONDS)
        _leave(code)

    atexit.register(leave)


def _leave(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
