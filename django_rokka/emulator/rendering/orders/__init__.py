"""What a render URL asks for."""
