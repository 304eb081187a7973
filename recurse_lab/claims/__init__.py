"""Claims, the arms that test them, their verdicts, and the cards that show them."""
