"""How the dashboard answers an analyst over a store of many alerts, and what it and the sink take."""
