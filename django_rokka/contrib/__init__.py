"""Parts that a project adds when it wants them."""
