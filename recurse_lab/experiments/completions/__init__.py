"""Boards with several solutions: one net, many answers; how many of the solutions do they find?"""
