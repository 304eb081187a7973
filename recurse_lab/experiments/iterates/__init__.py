"""Predict the k-th iterate of a numerical method: which nets carry on beyond the steps they were trained on?"""
