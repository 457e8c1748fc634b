"""One library a file: each gives `CALLS`, builders of timed calls by the kind of work."""
