"""The flags of the experiment."""

import dataclasses

from augjax.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Learns the range of a rotation from tilted pictures."""

    degrees: tuple[float, ...] = (10.0, 30.0, 60.0, 120.0)
    """The true ranges, each at most half a turn."""
    start: float = 45.0
    """Degrees to begin with."""
    steps: int = 300
    """Of gradient descent."""
    cars: int = 16
    """Drawn cars."""
    rounds: int = 32
    """How often each car is tilted to make the pictures to learn from."""
    seed: int = 0
    """Of all angles."""
    debug: bool = False
    """Show the traceback of an error."""

    def __post_init__(self) -> None:
        if not self.degrees:
            raise InputError("--degrees: expected one number or more")
        for option, values, least, most in (
            ("degrees", self.degrees, 0.1, 180),
            ("start", [self.start], 0.1, 180),
            ("steps", [self.steps], 1, 100_000),
            ("cars", [self.cars], 1, 400),
            ("rounds", [self.rounds], 1, 200),
            ("seed", [self.seed], 0, 2**32 - 1),
        ):
            for value in values:
                if not least <= value <= most:
                    raise InputError(
                        f"--{option} {value}: expected a number from {least} to {most}"
                    )
