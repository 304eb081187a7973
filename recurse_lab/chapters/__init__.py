"""One room for each chapter, all on the same plan: arms, claims, views."""
