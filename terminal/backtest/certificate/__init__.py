"""The leakage certificate of a run: what was tested for hindsight, how, and what was not.

`certificate` holds the values that are kept and shown, `issue` makes them. The checks: the
truncation replay and its canary (`terminal.backtest.truncation`), a `placebo` on shuffled bars,
`fills` against their bars, `prices` against later adjustments.
"""
