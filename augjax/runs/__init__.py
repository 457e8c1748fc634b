"""A run on disk: its folder, record, history, checkpoints, figures and progress lines."""

from augjax.extras import require

require("augjax.runs", "flax", "optax", "orbax", "rich", "safetensors", "matplotlib")
