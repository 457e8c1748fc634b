"""The benchmark's flags."""

import dataclasses
from pathlib import Path
from typing import Literal

import tyro

from augjax.errors import InputError
from experiments.benchmark.works import PEERS

What = Literal["augment", "step", "pipeline", "startup", "predict", "scale"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Measures speed and memory next to other libraries, as ratios with quartiles and targets."""

    what: tyro.conf.Positional[What]
    """augment: transforms; step: training and inference; pipeline: reading images, and memory;
    startup: from the command to the first step; predict: predictions and reports; scale: how costs
    grow, of augjax alone. Most take six to sixteen minutes on two cores, up to twice as long on a
    slow day."""
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
