"""RGB to spectrum: the NTIRE 2022 challenge and HPRN, every number beside the one it reproduces."""

__version__ = "0.1.0"
