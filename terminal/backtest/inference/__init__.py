"""How far a backtest's figures can be told from luck: tests, intervals and simulations.

Every function takes float64 arrays and gives frozen values; whatever draws takes a seed and gives
the same answer for the same seed. A Sharpe ratio is per period unless its name says annual.
"""
