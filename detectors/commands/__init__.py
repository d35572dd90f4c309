"""The commands of `detectors`, light to import."""
