"""One room for each family of tasks, shared by chapters, all on the same plan: arm, trial, scores, tables, inside."""
