"""The processes of one run, on one machine or many: which this one is, and joining the others."""

from augjax.runtime.cluster.find import find_place
from augjax.runtime.cluster.join import joined
from augjax.runtime.cluster.place import Place, free_address

__all__ = ["Place", "find_place", "free_address", "joined"]
