"""The detectors, one file each. `detectors.registry` finds them; nothing else names them."""
