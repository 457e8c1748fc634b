"""Where a process stands among those of its run."""

import dataclasses
import re
import socket

from augjax.errors import InputError
from augjax.printable import printable

_ADDRESS = re.compile(r"(\[[\w.:%]+\]|[^\s:/\[\]]+):([0-9]{1,5})")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where a process stands among those of its run; by default, it is the only one.

    Attributes:
      processes: how many there are; None if JAX is to find out all but `process_id`.
      process_id: this one's number, from 0.
      coordinator: HOST:PORT at which process 0 awaits the others.
      local_device_ids: of the accelerators that JAX sees here, those that are for this process;
        None for all, or those in JAX_LOCAL_DEVICE_IDS.
      why: what says so, where a user should know.
    """

    processes: int | None = 1
    process_id: int = 0
    coordinator: str = ""
    local_device_ids: tuple[int, ...] | None = None
    why: str = ""

    @property
    def alone(self) -> bool:
        """Whether there are no others to join."""
        return self.processes == 1

    @property
    def line(self) -> str:
        """What to tell the user; empty where nothing need be told."""
        if self.alone:
            return f"One process: {self.why}." if self.why else ""
        of = f" of {self.processes}" if self.processes else ""
        return f"Process {self.process_id}{of}, by {self.why}."


def free_address() -> str:
    """HOST:PORT on this machine that nobody listens on, at any of its addresses."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def host_and_port(address: str, given: str = "") -> tuple[str, int]:
    """The parts of HOST:PORT, without the brackets of an IPv6 address.

    Args:
      address: to be taken apart.
      given: what the user wrote, where that is more.

    Raises:
      InputError: if it is none.
    """
    found = _ADDRESS.fullmatch(address)
    if not found or not 1 <= int(found[2]) < 2**16:
        raise InputError(
            f"{printable(given or address)}: expected HOST:PORT with a port from 1 to 65535, as in "
            "10.0.0.1:1234 or [fd00::1]:1234"
        )
    return found[1].strip("[]"), int(found[2])
