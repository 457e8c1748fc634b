"""Transforms of a batch: images and their labels are mixed with those of others."""
