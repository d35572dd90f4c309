"""How much is seen in time of what waits to be mined, and what it costs."""
