"""Data sets: a reader for each archive format, and one store of checked cubes."""
