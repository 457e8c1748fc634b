"""augjax with the libraries that people train with, a short program each."""

from augjax.extras import exit_without

exit_without("experiments.examples", "equinox", "grain", extra="examples")
