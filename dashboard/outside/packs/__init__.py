"""Packs: lists, labels and models that one operator signs and another takes in, and can take back."""
