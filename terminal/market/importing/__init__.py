"""From a person's files to bars: sniff, map, read, check. Nothing here stores anything."""
