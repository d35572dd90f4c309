"""Telling people: who is told of which alert, in which form, and when it is over."""
