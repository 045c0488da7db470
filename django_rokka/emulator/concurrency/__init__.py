"""What threads and processes share."""
