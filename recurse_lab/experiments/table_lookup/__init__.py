"""Table lookup: which nets apply a row of functions that is longer than any they were trained on."""
