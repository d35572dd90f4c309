"""Evidence that anyone can check: an alert with proofs of what it rests on, and its verification."""
