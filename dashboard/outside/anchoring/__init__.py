"""What was said, anchored on a chain: a Merkle root of each stretch of final alerts, and proofs."""
