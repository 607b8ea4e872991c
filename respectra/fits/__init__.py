"""Methods that are fitted, not trained: each yields every scene's name and cube."""
