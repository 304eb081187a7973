"""The dynamic program on trees: nets trained on trees of up to eight nodes answer larger ones."""
