"""Parts of the Market page."""
