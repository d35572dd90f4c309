"""Honest doings that look like an attack, one file for each category; whatever lies here is found and played."""
