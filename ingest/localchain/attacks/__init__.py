"""The attacks, one file for each category; whatever lies here is found and played (see `stories`)."""
