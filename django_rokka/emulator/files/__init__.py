"""What is uploaded: bytes, formats, sizes and what files say of themselves."""
