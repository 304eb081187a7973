"""Function calls: a small decoder answers requests with JSON calls; which signal makes it better?"""
