"""How far every transform is from an independent oracle."""

from augjax.extras import exit_without

exit_without("experiments.parity", "pytest", extra="test")
