"""A command that several processes run together: joined at its start, and ended together."""

import dataclasses
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from augjax.commands.process import while_importing
from augjax.errors import AugjaxError, Interrupted, OwnError
from augjax.runs.settings import Settings
from augjax.runtime.cluster import find_place, join
from augjax.runtime.determinism import use_deterministic_operations
from augjax.runtime.processes import ALONE, Processes, joined


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """How the processes of a run find each other, where several train together."""

    coordinator: str | None = None
    """Where process 0 is to be reached, as HOST:PORT."""
    processes: int | None = None
    """How many processes train together."""
    process_id: int | None = None
    """Which of them this is, from 0."""
    start_timeout: float = 60.0
    """Seconds to wait for all processes at the start."""
    peer_timeout: float = 100.0
    """Seconds without a sign of life after which a process counts as dead, and the others end."""


@contextmanager
def joined_processes(flags: Cluster) -> Iterator[Processes]:
    """The processes that run this command together; JAX's devices are those of all.

    The first one tells of an error that all have, and the others end in silence with its exit code.

    Raises:
      InputError: for flags, or variables of the environment, that do not fit together.
      RunError: if not all processes come.
    """
    place = find_place(flags.coordinator, flags.processes, flags.process_id, os.environ)
    if place.remark:
        print(place.remark)
    if place.processes > 1:
        use_deterministic_operations()
        with while_importing():
            join(place, start_timeout=flags.start_timeout, peer_timeout=flags.peer_timeout)
    processes = joined() if place.processes > 1 else ALONE
    try:
        yield processes
    except OwnError as error:
        _leave(f"error: process {processes.index}: {error}")
    except (AugjaxError, Interrupted) as error:
        if processes.is_first:
            raise
        sys.exit(error.exit_code)
    except Exception as error:
        if processes.count == 1:
            raise
        import jax

        if not isinstance(error, jax.errors.JaxRuntimeError):
            _leave(traceback.format_exc())
        reason = str(error).partition("\n")[0]
        _leave(
            f"error: process {processes.index}: another process of the run has ended, or cannot be "
            f"reached ({reason:.160}); what was kept is as it was: see to the cause, then resume it"
        )


def _leave(why: str) -> None:
    """Ends this process at once: the others do not know, and would be waited for."""
    print(why.rstrip(), file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(1)


def shared_settings(find: Callable[[], Settings], processes: Processes) -> Settings:
    """The settings that process 0 finds, such as those of a run in a folder that only it has."""
    if processes.count == 1:
        return find()
    paths = ("run_dir", "init")

    def told() -> dict[str, Any]:
        settings = vars(find())
        return {k: str(v) if k in paths and v is not None else v for k, v in settings.items()}

    given: dict[str, Any] = processes.from_first(told)
    for name in paths:
        given[name] = None if given[name] is None else Path(given[name])
    return Settings(**given)
