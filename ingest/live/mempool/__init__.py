"""What waits at a node to be mined, simulated as one hypothetical block, into `chain.pending`."""
