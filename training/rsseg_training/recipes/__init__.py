"""What differs between trainings, as data."""
