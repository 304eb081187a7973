"""The tasks: seeded generators with a difficulty parameter and exact verifiers; and the ARC grids."""
