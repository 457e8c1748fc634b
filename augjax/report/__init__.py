"""What people look at: progress lines, tables and figures."""
