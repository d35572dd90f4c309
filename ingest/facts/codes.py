"""Code facts: what each contract that a transaction created runs, asked by the hash of its block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from ingest import schema
from ingest.blocks.trie import keccak
from ingest.facts.seen import Seen
from ingest.model.batch import Batch

Ask = Callable[[Sequence[bytes], bytes], Sequence[bytes | None]]
"""Asks for the code of addresses in the state after the block of a hash; None where the node has it no more.
"""

CODES_A_REQUEST = 50


class CodeReader:
    """Finds contracts that a batch's transactions created. The bytes of a code are told once for each hash.

    Contracts that other contracts create are in no receipt: they are not found here.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._seen = Seen()

    def facts(self, batch: Batch) -> pl.DataFrame:
        """A row for each contract (shape: `schema.CODES`), in the order of their transactions.

        Raises NodeUnreachable where the node gives no answer. Nothing is remembered until `remember`.
        """
        made = batch.transactions.filter(
            pl.col("contract_address").is_not_null() & pl.col("status").ne_missing(0)
        )
        if not made.height:
            return schema.CODES.empty()
        hashes = dict(batch.blocks.select("block_number", "block_hash").iter_rows())
        rows: list[tuple[int, int, bytes, bytes | None, bytes | None]] = []
        told: set[bytes] = set()
        for (number,), contracts in made.group_by("block_number", maintain_order=True):
            addresses = contracts["contract_address"].to_list()
            for address, code in zip(addresses, self._codes(addresses, hashes[number]), strict=True):
                code_hash = None if code is None else keccak(code)
                fresh = code_hash is not None and code_hash not in self._seen and code_hash not in told
                shown = code[: schema.CODE_BYTES] if code is not None and fresh else None
                rows.append((batch.chain_id, number, address, code_hash, shown))
                told.update(() if code_hash is None else (code_hash,))
        return pl.DataFrame(rows, schema=schema.CODES.schema, orient="row")

    def remember(self, facts: pl.DataFrame) -> None:
        """`facts` are in the log now."""
        shown = facts.filter(pl.col("code").is_not_null())
        self._seen.add(shown.select("block_number", "code_hash").iter_rows())

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain, and the facts in them."""
        self._seen.roll_back(number)

    def _codes(self, addresses: Sequence[bytes], block_hash: bytes) -> list[bytes | None]:
        codes: list[bytes | None] = []
        for start in range(0, len(addresses), CODES_A_REQUEST):
            codes += self._ask(addresses[start : start + CODES_A_REQUEST], block_hash)
        return codes
