"""Experiments: run them from the checkout, as in python -m experiments.car_truck."""

from augjax.extras import exit_without

exit_without("experiments", "tyro", "rich", "flax", "tensorflow")
