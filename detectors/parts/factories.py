"""Pools whose address proves what made them: a factory whose code always holds what it says it does.

The address of a contract made by CREATE2 is a hash of who made it, its code and a salt, which is a hash of
the pool's tokens (EIP-1014). Nobody else can stand there, so such a pool's Sync logs are its real balances.
"""

from __future__ import annotations

from functools import lru_cache

from ingest.blocks.trie import keccak

PAIRS = {
    bytes.fromhex("5c69bee701ef814a2b6a3edd4b1652cb9cc5aa6f"): bytes.fromhex(
        "96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"
    ),
    bytes.fromhex("c0aee478e3658e2610c5f7a4a2e1777ce9e4f2ac"): bytes.fromhex(
        "e18a34eb0e04b04f7a0ac29a6e80748dca96319b42c54d679cb821dca90c6303"
    ),
}
"""Uniswap's second version and Sushiswap on Ethereum: factory, and hash of the code that makes a pool."""


@lru_cache(maxsize=1 << 16)
def is_pair(pool: bytes, one: bytes, other: bytes) -> bool:
    """Whether one of the factories made a pool of these tokens at this address."""
    salt = keccak(b"".join(sorted((one, other))))
    return any(keccak(b"\xff" + maker + salt + code)[12:] == pool for maker, code in PAIRS.items())
