"""Chapter 02: looping."""
