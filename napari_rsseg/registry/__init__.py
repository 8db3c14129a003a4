"""Model cards and where their files are."""
