"""Array in, probabilities out, block by block."""
