"""How well fees and congestion are forecast, on demand that is played by a generator."""
