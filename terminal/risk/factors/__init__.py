"""Factor models of risk: principal components, given factor returns, and cross-sections."""
