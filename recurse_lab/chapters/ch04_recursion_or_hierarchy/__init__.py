"""Chapter 04: recursion or hierarchy."""
