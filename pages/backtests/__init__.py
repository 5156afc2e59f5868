"""Parts of the backtest pages: the form, the list of runs, a run's result, the comparison."""
