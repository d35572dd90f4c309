"""Attacks that are tried against a contract, one file a kind or two that belong together."""
