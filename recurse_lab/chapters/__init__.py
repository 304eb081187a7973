"""One room for each chapter, all on the same plan: what it declares, arms, claims, views, works and terms."""
