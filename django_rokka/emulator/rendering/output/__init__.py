"""From pixels to the file that is sent."""
