"""libvips, and the limits within which it works."""
