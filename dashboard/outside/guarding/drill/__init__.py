"""What a guard is worth, on a private chain: a theft with and without it, a false alarm, their price."""
