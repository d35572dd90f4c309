"""Runs the code of contracts beside the chain: on what the record log told of them, and on nothing else."""
