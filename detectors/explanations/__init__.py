"""Harmless reasons for what looks like fraud, one file each. `detectors.registry` finds them; a detector
names those that can excuse it.
"""
