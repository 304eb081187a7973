"""Multiplication: which digits of a product nets get right, beside what two digits of the factors tell of them."""
