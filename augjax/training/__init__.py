"""Training on arrays: state, step, early stopping, schedules and the loop, on one mesh."""

from augjax.extras import require

require("augjax.training", "flax", "optax")
