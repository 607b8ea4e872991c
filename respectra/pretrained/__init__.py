"""Weights that come with the package, a file of safetensors for each method and camera."""
