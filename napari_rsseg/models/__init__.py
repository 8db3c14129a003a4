"""Networks and nothing else."""
