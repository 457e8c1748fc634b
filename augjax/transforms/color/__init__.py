"""Transforms of colour."""
