"""The local forked chain and the labelled actors that play on it."""
