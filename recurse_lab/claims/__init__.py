"""Claims, the arms that test them, verdicts, and how they are shown."""
