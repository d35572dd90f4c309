"""Ordinary traffic: each file is one kind of it, found by itself, and played as long as the simulation runs.

Such a module states `begin(stage, per_block) -> Opening`: its actors, for a world of about `per_block`
transactions a block, and the tokens they need beforehand (see `endowment`).
"""
