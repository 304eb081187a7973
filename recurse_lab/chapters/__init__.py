"""One room for each chapter, all on the same plan: declaration, arms, claims, views, works and terms."""
