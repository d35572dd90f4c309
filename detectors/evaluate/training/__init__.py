"""Trains models on labelled worlds: rows with their truth, trees, and how good these are."""
