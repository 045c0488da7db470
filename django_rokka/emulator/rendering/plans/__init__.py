"""What a render comes to: operations, a format, and what it may cost."""
