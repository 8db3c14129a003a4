"""Figures of a trained model on labelled sets."""
