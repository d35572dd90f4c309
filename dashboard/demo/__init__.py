"""All of undertow on one machine, run as the parts that it has."""
