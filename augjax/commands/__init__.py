"""The commands of `augjax`: flags, and what they put together; the work is done elsewhere."""

from augjax.extras import exit_without

exit_without("augjax", "tyro", "rich", "flax", "tensorflow")
