"""Prompts: what a user points at, and the masks that come back."""
