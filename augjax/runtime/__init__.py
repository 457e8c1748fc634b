"""The process: memory, the order of XLA's operations, compiled programs kept, other processes."""
