"""Strangers' weight files, read as data."""
