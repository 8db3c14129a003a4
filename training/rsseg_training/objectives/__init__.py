"""A file per loss."""
