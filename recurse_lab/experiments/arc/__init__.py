"""ARC: per-task training on demonstrations, answers by vote."""
