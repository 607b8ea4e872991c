"""The camera: a cube becomes an observation. Each kind of part has a module."""
