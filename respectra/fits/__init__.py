"""Methods that are fitted, not trained: each takes a data set and yields scene and cube."""
