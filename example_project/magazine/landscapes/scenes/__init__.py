"""One function a picture: width and height in pixels in, a finished picture out."""
