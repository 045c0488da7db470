"""A small photo magazine."""
