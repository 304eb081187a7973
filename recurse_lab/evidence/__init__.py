"""Claims, the arms that test them, verdicts, and the records that hold the numbers."""
