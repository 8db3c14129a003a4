"""Class schemes and palettes."""
