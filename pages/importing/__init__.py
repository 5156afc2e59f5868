"""Import: how files are read, as the person confirms it."""
