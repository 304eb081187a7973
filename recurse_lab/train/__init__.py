"""Objectives over streams of thoughts, one training loop, its optimizer, and the sources of its batches."""
