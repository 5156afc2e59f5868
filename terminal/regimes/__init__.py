"""States of the market: what they are now, how sure that is, and what they do to sizes.

Row t of every indicator is known at the close of row t and rests on rows up to t only; a test
recomputes each on truncated data.
"""
