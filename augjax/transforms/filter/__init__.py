"""Filters, noise and erasing."""
