"""The process: memory, the order of XLA's operations, and compiled programs kept on disk."""
