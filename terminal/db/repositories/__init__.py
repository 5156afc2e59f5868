"""Queries by noun; each takes the connection and the actor whose rows it may see."""
