"""The flags of the experiment."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Learns the range of a rotation from tilted pictures."""

    degrees: tuple[float, ...] = (10.0, 30.0, 60.0, 120.0)
    """The true ranges."""
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
