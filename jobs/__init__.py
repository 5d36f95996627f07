"""Placeholder docstring; the room fills up next."""
