"""Figures: one module per kind. `is: module:function` in config/papers names what draws it.

A function that draws takes the contents of the figure and the settings of its YAML block, and
returns a Matplotlib figure.
"""
