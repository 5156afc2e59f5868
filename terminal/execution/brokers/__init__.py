"""Brokers behind one protocol: the paper exchange and Alpaca."""
