"""Scenes on disk become cubes: one reader per archive, one store for all."""
