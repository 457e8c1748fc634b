"""Car or truck? The Keras notebook's training run on JAX."""
