"""Economic dispatch: a learned step of dual ascent against nets that answer in one pass."""
