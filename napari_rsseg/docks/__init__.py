"""Thin Qt pages, one per panel."""
