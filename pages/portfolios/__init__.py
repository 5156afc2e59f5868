"""Parts of the Portfolio page."""
