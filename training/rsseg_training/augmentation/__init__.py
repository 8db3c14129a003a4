"""A file per transform."""
