"""Parts of the Risk page."""
