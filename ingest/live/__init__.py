"""Follows a chain into the log, block by block, through reorganisations and outages."""
