"""One file per kind of figure; each has a `draw`."""
