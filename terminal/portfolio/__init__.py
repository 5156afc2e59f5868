"""Portfolios: what is expected of instruments, how they move together, how much of each to hold.

Conventions of the whole room. Returns are float64 (n_periods, n), simple, per period; a covariance
is float64 (n, n) per period of the same length; weights are float64 (n,), shares of equity,
negative for short; what they do not add up to is cash. Nothing is annualised unless a name says
so.
"""
