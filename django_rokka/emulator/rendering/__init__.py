"""The render host: pictures made by libvips, and kept as files."""
