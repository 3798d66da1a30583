"""Plan and check."""
