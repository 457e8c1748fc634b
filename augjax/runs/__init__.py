"""A run on disk: its folder, record, history, checkpoints and figures, and how it is told."""
