"""The range of a rotation, learnt from tilted pictures."""
