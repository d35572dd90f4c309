"""Noised histograms, and what they give away."""
