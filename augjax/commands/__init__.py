"""The commands of `augjax`: flags, and what they put together; the work is done elsewhere."""
