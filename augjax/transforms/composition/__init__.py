"""Containers: transforms that are made of transforms."""
