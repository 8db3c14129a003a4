"""Which window next, who agrees with whom, and what it all amounts to."""
