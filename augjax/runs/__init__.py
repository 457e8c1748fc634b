"""A run on disk: its folder, record, history, checkpoints, figures and progress lines."""
