"""Labelled sets and how patches are drawn from them."""
