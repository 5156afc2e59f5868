"""The codec under its former name."""

from terminal.codec import content_hash, from_json, to_json

__all__ = ["content_hash", "from_json", "to_json"]
