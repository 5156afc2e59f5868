"""Parts of the trading pages."""
