"""Malformed inputs of every kind, drawn by Hypothesis: each ends in one sentence or is right.

`make fuzz SECONDS=600` draws for a time and prints counts per class; `test_fuzz.py` draws a few of
each kind, and `test_seeds.py` has the faults that were once there.
"""
