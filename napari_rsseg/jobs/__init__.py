"""What plugin, command line and trainer say to each other."""
