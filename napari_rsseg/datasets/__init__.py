"""Labelled data in and out of the project."""
