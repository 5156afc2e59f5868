"""Market data as it comes: closed bars and last prices, live or replayed, behind one protocol."""
