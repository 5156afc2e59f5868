"""What the book would lose: in past crises, under shocks, with correlations at one, in reverse."""
