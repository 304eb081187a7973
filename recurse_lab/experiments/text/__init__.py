"""Text: nets of equal size and different shape predict the next byte of English documentation."""
