"""Packs that carol signs and alice takes in."""
