"""Flax linen networks."""

from augjax.models.notebook_cnn import NotebookCNN

__all__ = ["NotebookCNN"]
