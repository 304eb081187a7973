"""Measurements of a model: its latents, its behavior, its cost, and statistics over seeds."""
