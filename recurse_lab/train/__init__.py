"""Objectives over streams of thoughts, one training loop, and where its batches come from."""
