"""The compiled simulation: what happens inside one bar, to one account.

`layout` names the columns of every array, `fills` prices and books one fill, `account` does what
happens to a holder without an order, `exits` watches positions, `targets` runs target weights and
`orders` an order book. Everything is float64 in flat arrays, so that a bar costs nanoseconds; the
rules are written down in docs/engine.md.
"""
