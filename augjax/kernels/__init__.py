"""Deterministic array functions: no randomness and no configuration."""
