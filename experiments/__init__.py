"""Experiments: run them from the checkout, as in python -m experiments.car_truck."""
