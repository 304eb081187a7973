"""Our models against the official implementations, number for number."""
