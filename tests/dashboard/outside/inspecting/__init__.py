"""Tests of what is tried of a contract on a private fork."""
