"""Flax linen networks, and what they say of images."""

from augjax.extras import require

require("augjax.models", "flax")

from augjax.models.inference import infer
from augjax.models.named import build_model
from augjax.models.notebook_cnn import NotebookCNN

__all__ = ["NotebookCNN", "build_model", "infer"]
