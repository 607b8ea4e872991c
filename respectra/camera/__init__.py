"""A cube becomes an observation: each part of the camera is a page of its own."""
