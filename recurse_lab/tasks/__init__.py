"""One file per task: a seeded generator with a difficulty dial, and an exact verifier."""
