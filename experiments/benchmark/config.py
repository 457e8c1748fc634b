"""The benchmark's flags."""

import dataclasses
from pathlib import Path
from typing import Literal, get_args

import tyro

from augjax.errors import InputError
from experiments.benchmark.works import PEERS

What = Literal["augment", "step", "pipeline", "startup", "predict", "scale", "plan"]
Part = Literal["files", "streams", "sizes", "devices", "processes"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """The run that `plan` is for."""

    hosts: int = 1000
    """plan: processes of the run, each on a machine of its own."""
    images: int = 1_000_000_000
    """plan: images of the data set."""
    bytes_per_image: int = 110_000
    """plan: of its file."""
    devices_per_host: int = 8
    """plan: devices of each process."""
    batch_size: int = 64_000
    """plan: images in a batch, of all processes together."""
    parameters: int = 25_600_000
    """plan: of the network."""

    def __post_init__(self) -> None:
        for name, number in vars(self).items():
            if number < 1:
                raise InputError(f"--{name.replace('_', '-')} {number}: expected at least 1")
        if self.batch_size % self.devices:
            raise InputError(
                f"--batch-size {self.batch_size}: expected a multiple of the {self.devices} devices"
            )

    @property
    def devices(self) -> int:
        """Of all processes."""
        return self.hosts * self.devices_per_host

    @property
    def on_one_host(self) -> "Scenario":
        """A million images on one of its hosts, with that host's part of a batch."""
        batch_size = self.batch_size // self.hosts
        return dataclasses.replace(self, hosts=1, images=1_000_000, batch_size=batch_size)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Measures speed and memory next to other libraries, as ratios with quartiles and targets."""

    what: tyro.conf.Positional[What]
    """augment: transforms; step: training and inference; pipeline: reading images, and memory;
    startup: from the command to the first step; predict: predictions and reports; scale: how costs
    grow, of augjax alone; plan: what they would grow to on many machines, by what each costs here.
    Most take six to sixteen minutes on two cores, up to twice as long on a slow day; plan takes
    one."""
    rounds: int = 15
    """Turns of each contender (a third of them where a turn is a process, or waits for each step of
    an epoch; two for peak memory)."""
    seconds: float = 0.2
    """How long a turn lasts at least."""
    peers: tuple[str, ...] = tuple(PEERS)
    """Whom to compare with; who is not installed is a row that says so. Nobody: --peers alone."""
    quick: bool = False
    """Small sizes and few rounds, in one to three minutes: whether it works, not how fast."""
    out: Path = Path(__file__).parents[1] / "results"
    """Where benchmark_<what>.json and .png are written (with --quick: benchmark_<what>_quick)."""
    parts: tuple[Part, ...] = PARTS
    """scale: what is to grow; with some of these alone, benchmark_scale_<parts>.json is written."""
    scenario: tyro.conf.OmitArgPrefixes[Scenario] = Scenario()
    debug: bool = False
    """Show the traceback of an error."""

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise InputError(f"--rounds {self.rounds}: expected at least 1")
        if not 0 < self.seconds < float("inf"):
            raise InputError(f"--seconds {self.seconds}: expected a number above 0")
        if unknown := set(self.peers) - set(PEERS):
            raise InputError(
                f"--peers {' '.join(sorted(unknown))}: expected some of {', '.join(PEERS)}"
            )

    @property
    def name(self) -> str:
        """Of the files that are written, without their suffix."""
        some = () if set(self.parts) == set(PARTS) else self.parts
        return "_".join(("benchmark", self.what, *some, *(["quick"] if self.quick else [])))

    @property
    def turns(self) -> int:
        """Rounds of what is timed in bursts."""
        return min(self.rounds, 2) if self.quick else self.rounds

    @property
    def long_turns(self) -> int:
        """Rounds where each turn is long by itself."""
        return 1 if self.quick else -(-self.rounds // 3)

    @property
    def sittings(self) -> int:
        """How often processes are new, in which the rounds of what is timed in bursts are done."""
        return 1 if self.quick else 3

    @property
    def burst(self) -> float:
        """Seconds of a turn."""
        return 0.005 if self.quick else self.seconds
