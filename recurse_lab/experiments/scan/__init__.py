"""SCAN: which nets carry commands over to longer ones and to a word that they have seen only alone."""
