"""Research: the catalogue of features, studies of them, labels, saved feature sets."""
