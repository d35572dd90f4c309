"""Who deployed a contract, asked of a node that keeps no index: the block is found by halving."""

from __future__ import annotations

from ingest.localchain.chain.wallet import Address, Refusal, Wallet


def maker_of(watched: Wallet, address: Address, number: int) -> Address | None:
    """None where the node has no state of old blocks, or a contract made it."""
    low, high = 0, number
    while low < high:
        middle = (low + high) // 2
        code = watched.attempt_all([("eth_getCode", [address, hex(middle)])])[0]
        if isinstance(code, Refusal):
            return None
        low, high = (low, middle) if len(code or "") > 2 else (middle + 1, high)
    receipts = watched.attempt_all([("eth_getBlockReceipts", [hex(low)])])[0]
    for each in [] if isinstance(receipts, Refusal) or not receipts else receipts:
        if (each.get("contractAddress") or "").lower() == address:
            maker: str = each["from"]
            return maker.lower()
    return None
