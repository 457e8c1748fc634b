"""Training on arrays: state, step, early stopping, schedules and the loop, on one mesh."""
