"""Honest doings that look like an attack, one file for each category; all that lies here is played."""
