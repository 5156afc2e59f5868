"""Parts of the Optimise page: forms, the result, sending it to trading, methods compared."""
