"""The invariance certificate of every transform."""
