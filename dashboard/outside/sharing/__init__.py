"""Noised histograms of features: enough to set thresholds by, and no wallet can be told from them."""
