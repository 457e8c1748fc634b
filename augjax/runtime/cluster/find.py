"""Which process of a run this one is, by its flags or else by what started it."""

from collections.abc import Mapping
from typing import NamedTuple

from augjax.errors import InputError
from augjax.printable import printable
from augjax.runtime.cluster.launchers import LAUNCHERS
from augjax.runtime.cluster.place import Place, host_and_port

VARIABLES = {
    "--coordinator": "JAX_COORDINATOR_ADDRESS",
    "--processes": "JAX_NUM_PROCESSES",
    "--process-id": "JAX_PROCESS_ID",
}
"""What each flag falls back to."""
_MOST = 10**6


class _Given(NamedTuple):
    value: str
    text: str
    """As the user wrote it."""


def find_place(
    coordinator: str | None,
    processes: int | None,
    process_id: int | None,
    environ: Mapping[str, str],
) -> Place:
    """This process's place in its run.

    Args:
      coordinator: `--coordinator`, if given.
      processes: `--processes`, if given; 1 needs no other flag.
      process_id: `--process-id`, if given.
      environ: `os.environ`.

    Raises:
      InputError: if the flags, or the variables in their stead, are incomplete or impossible.
    """
    given = {}
    flags = (coordinator, processes, process_id)
    for (flag, variable), value in zip(VARIABLES.items(), flags, strict=True):
        if value is not None:
            given[flag] = _Given(str(value), f"{flag} {value}")
        elif environ.get(variable):
            given[flag] = _Given(environ[variable], f"{variable}={environ[variable]}")
    if given:
        return _place_given(given)
    for find in LAUNCHERS:
        if place := find(environ):
            return place
    return Place()


def _place_given(given: Mapping[str, _Given]) -> Place:
    if "--coordinator" in given:
        host_and_port(*given["--coordinator"])
    processes = _whole(given.get("--processes"), least=1, below=_MOST + 1)
    process_id = _whole(given.get("--process-id"), least=0, below=processes)
    if processes == 1:
        return Place(why=printable(given["--processes"].text))
    if processes is None or process_id is None or "--coordinator" not in given:
        missing = [flag for flag in VARIABLES if flag not in given]
        variables = " and ".join(VARIABLES[flag] for flag in missing)
        raise InputError(
            f"{printable(next(iter(given.values())).text)}: a process of several needs "
            f"{' and '.join(missing)} too (or {variables} in its environment)"
        )
    coordinator = given["--coordinator"]
    return Place(
        processes=processes,
        process_id=process_id,
        coordinator=coordinator.value,
        why=printable(coordinator.text),
    )


def _whole(given: _Given | None, *, least: int, below: int | None = None) -> int | None:
    if given is None:
        return None
    try:
        number = int(given.value)
    except ValueError:
        number = least - 1
    if number < least or (below is not None and number >= below):
        which = f"from {least} to {below - 1}" if below else f"of {least} or more"
        raise InputError(f"{printable(given.text):.200}: expected a whole number {which}")
    return number
