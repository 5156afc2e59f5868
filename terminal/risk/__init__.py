"""Risk of a book of positions: what it may lose, from where, how fast it can be left.

Pure functions of arrays. Value at risk and shortfall are losses and positive, as fractions of
equity; profits and losses of scenarios carry their sign. `panel.risk_panel` puts everything a page
or report shows into one value.
"""
