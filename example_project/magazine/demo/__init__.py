"""Fill the magazine, serve it, and check what is served."""
