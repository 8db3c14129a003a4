"""Pixels with bands, validity, radiometry and a place on the map."""
