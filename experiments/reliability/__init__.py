"""What is done to a run, and to its data, to see what survives."""
