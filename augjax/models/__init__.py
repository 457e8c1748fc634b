"""Flax linen networks, and what they say of images."""

from augjax.extras import require

require("augjax.models", "flax")

from augjax.models.inference import infer
from augjax.models.named import MODELS, build_model, check_model, find_model, name_of
from augjax.models.notebook_cnn import NotebookCNN
from augjax.models.resnet import ResNet

__all__ = [
    "MODELS",
    "NotebookCNN",
    "ResNet",
    "build_model",
    "check_model",
    "find_model",
    "infer",
    "name_of",
]
