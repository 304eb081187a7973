"""Chapter 03: tiny recursive model."""
