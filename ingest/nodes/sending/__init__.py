"""How undertow's own transactions come onto a chain: key, nonce, fee, replacement, reorganisation."""
