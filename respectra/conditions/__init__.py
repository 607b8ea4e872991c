"""Conditions: a scored split under another light, in another camera, or without its context."""
