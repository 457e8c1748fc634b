"""Training: state, step, early stopping, history and the loop, on one mesh."""
