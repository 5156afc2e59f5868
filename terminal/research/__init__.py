"""Measuring features: what they say of the returns after them, how they move, how they are spread.

Forward returns are outcomes: they lie after the bar a feature is known at and never enter one.
"""
