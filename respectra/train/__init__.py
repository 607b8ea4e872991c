"""A recipe and scenes become a checkpoint."""
