"""Guards of vaults: contracts, policy, loop, second key, score, drill."""
