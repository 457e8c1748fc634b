"""A command that several processes run together: joined at its start, and ended together."""

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import augjax
from augjax.commands.process import while_importing
from augjax.errors import AugjaxError, InputError, Interrupted, OwnError, RunError
from augjax.runs.settings import Settings, flag
from augjax.runs.signals import left_at_once
from augjax.runtime.cluster import find_place, joined
from augjax.runtime.determinism import JAX_SETTINGS, use_deterministic_operations
from augjax.runtime.processes import ALONE, Processes, all_processes

_LONGEST = 86_400


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

    def __post_init__(self) -> None:
        for name in ("start_timeout", "peer_timeout"):
            if not 1 <= getattr(self, name) <= _LONGEST:
                raise InputError(
                    f"{flag(name)} {getattr(self, name):g}: expected seconds from 1 to {_LONGEST}"
                )


@contextmanager
def joined_processes(flags: Cluster) -> Iterator[Processes]:
    """The processes that run this command together; JAX's devices are those of all.

    The first one tells of an error that all have, and the others end in silence with its exit code.

    Raises:
      InputError: for flags, or variables of the environment, that do not fit together.
      RunError: if not all processes come, or one is lost.
    """
    place = find_place(flags.coordinator, flags.processes, flags.process_id, os.environ)
    if place.line:
        print(place.line, flush=True)
    if place.alone:
        yield ALONE
        return
    use_deterministic_operations()
    with ExitStack() as stack:
        with while_importing():
            stack.enter_context(
                joined(place, start_timeout=flags.start_timeout, peer_timeout=flags.peer_timeout)
            )
        stack.enter_context(_one_tells(place.process_id))
        with left_at_once():
            processes = all_processes()
        check_alike(place.processes, processes)
        yield processes


def check_alike(expected: int | None, processes: Processes) -> None:
    """Raises InputError unless all processes were started as one of equally many, and are alike.

    Args:
      expected: how many this process was told that there are; None if nobody told it.
      processes: that have joined.
    """
    import jax

    def own() -> dict[str, Any]:
        versions = {"augjax": _version(), "JAX": jax.__version__}
        settings = {name.upper(): getattr(jax.config, name) for name in JAX_SETTINGS}
        return {"--processes": expected, **versions, **settings}

    first, *others = processes.gather(own)
    for index, other in enumerate(others, start=1):
        for name, value in other.items():
            if value != first[name]:
                raise InputError(
                    f"process {index} has {name} {value}, but process 0 has {name} {first[name]}; "
                    "give all the same"
                )


def _version() -> str:
    return augjax.__version__


@contextmanager
def _one_tells(index: int) -> Iterator[None]:
    import jax

    try:
        yield
    except OwnError as error:
        raise RunError(f"process {index}: {error}") from error
    except (AugjaxError, Interrupted) as error:
        if index == 0:
            raise
        sys.exit(error.exit_code)
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        if isinstance(error, ValueError) and "Gloo" not in str(error):
            raise
        reason = str(error).partition("\n")[0]
        raise RunError(
            f"process {index}: another process of the run has ended, or cannot be "
            f"reached ({reason:.160}); what was kept is as it was: see to the cause, then resume it"
        ) from error


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
