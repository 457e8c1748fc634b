"""A run's network for other programs, written with all that is needed to use it."""

from augjax.extras import require

require("augjax.export", "flax", "optax")
