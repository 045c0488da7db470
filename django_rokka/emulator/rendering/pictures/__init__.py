"""From source files to pixels."""
