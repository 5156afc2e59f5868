"""Explain: the form, the result of an explanation, the X-ray of a trade."""
