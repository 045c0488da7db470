"""The settings of the magazine and its addresses."""
