"""Linear models: coefficients a person can read."""
