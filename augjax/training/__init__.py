"""Training: state, step, early stopping, history and the loop, on one mesh."""

from augjax.extras import require

require("augjax.training", "flax", "optax")
