"""Policies: a few operations drawn for each image."""
