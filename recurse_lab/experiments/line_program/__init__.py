"""The dynamic program on lists: nets trained on lists of up to six items answer longer lists and novel ones."""
