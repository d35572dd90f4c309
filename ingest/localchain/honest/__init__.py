"""Ordinary traffic: each file is one habit, played for as long as the simulation runs."""
