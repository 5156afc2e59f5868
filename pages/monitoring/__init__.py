"""Monitor: models and how far they have drifted from their training."""
