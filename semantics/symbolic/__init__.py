"""Numbers that depend on continuous random variables, as expressions in a normal form."""
