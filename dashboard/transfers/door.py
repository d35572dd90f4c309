"""The one door to transfers: the lake where one is named, and above its last block what alerts tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from dashboard.store import Reader
from dashboard.transfers.evidence import EvidenceTransfers
from dashboard.transfers.lake import LakeTransfers
from dashboard.transfers.pools import Market, markets
from dashboard.transfers.values import Asked, Contract, Found, Label, Token, Transfer, unknown
from ingest import schema

MOST_ALLOWANCES = 20_000
NO_LAKE = (
    "No lake is named, so only transfers among the evidence of alerts are known here: keep one with "
    "`undertow ingest --lake DIR` or `undertow backfill`, then start `undertow dashboard --lake DIR`."
)


class Transfers:
    """Answers about transfers. Methods raise NotALake, StoreUnreachable and BadInput."""

    def __init__(self, reader: Reader, lake: LakeTransfers | None) -> None:
        self._reader = reader
        self._evidence = EvidenceTransfers(reader)
        self._lake = lake

    def note(self, chain_id: int) -> str:
        """Where the answers come from, for a screen."""
        if self._lake is None:
            return NO_LAKE
        bounds = self._lake.bounds(chain_id)
        if bounds is None:
            chains = ", ".join(map(str, self._lake.chains())) or "none"
            return f"{self._lake.source()} holds no block of chain {chain_id}, but of: {chains}."
        return (
            f"Transfers of blocks {bounds[0]:,} to {bounds[1]:,} come from {self._lake.source()}; "
            "above them only what alerts tell."
        )

    def has_lake(self, chain_id: int) -> bool:
        return self._lake is not None and self._lake.bounds(chain_id) is not None

    def chains(self) -> list[int]:
        return [] if self._lake is None else self._lake.chains()

    def last_block(self, chain_id: int) -> int | None:
        """The last block of the lake; None without one."""
        bounds = None if self._lake is None else self._lake.bounds(chain_id)
        return None if bounds is None else bounds[1]

    def find(self, asked: Asked) -> Found:
        """Transfers of the lake and those of alerts above it, in the order that is asked for."""
        bounds = None if self._lake is None else self._lake.bounds(asked.chain_id)
        if self._lake is None or bounds is None:
            return self._evidence.transfers(asked)
        held = self._lake.transfers(asked)
        if self._is_below(asked.chain_id, bounds[1]):
            return held
        above = replace(asked, first_block=max(asked.first_block or 0, bounds[1] + 1))
        fresh = self._evidence.transfers(above)
        newest = asked.order == "newest"
        rows = (*fresh.transfers, *held.transfers) if newest else (*held.transfers, *fresh.transfers)
        return Found(rows[: asked.most], held.left_out or fresh.left_out)

    def _is_below(self, chain_id: int, block: int) -> bool:
        """Whether nothing was judged above a block: then alerts tell nothing that the lake does not."""
        heads = (head for head in self._reader.heads() if head.chain_id == chain_id and head.fault() is None)
        return any(head.block_number <= block for head in heads)

    def tokens(self, chain_id: int, moves: Iterable[Transfer]) -> dict[str, Token]:
        """What the tokens of some transfers call themselves, made safe."""
        some = list(moves)
        addresses = {row.token for row in some if row.token is not None}
        found = {address: unknown(address) for address in addresses}
        if self._lake is not None:
            found |= self._lake.tokens(chain_id, addresses)
        missing = [row for row in some if row.token and found[row.token].block_number is None]
        return found | self._evidence.moved_tokens(chain_id, missing)

    def named(self, chain_id: int, addresses: Iterable[str]) -> dict[str, Token]:
        if self._lake is None:
            return self._evidence.tokens(chain_id, addresses)
        found = self._lake.tokens(chain_id, addresses)
        missing = [address for address, token in found.items() if token.block_number is None]
        return found | self._evidence.tokens(chain_id, missing[:20])

    def labels(self, chain_id: int, address: str) -> list[Label]:
        return [] if self._lake is None else self._lake.labels(chain_id, address)

    def labelled(self, chain_id: int, addresses: Sequence[str]) -> dict[str, list[Label]]:
        return {} if self._lake is None else self._lake.labelled(chain_id, addresses)

    def given(
        self, chain_id: int, owner: str, most: int = MOST_ALLOWANCES
    ) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """Allowances that an owner gave or took back, and what was not looked at; none without a lake."""
        if self._lake is None or not self.has_lake(chain_id):
            return schema.APPROVALS.empty(), ()
        return self._lake.given(chain_id, owner, most)

    def contract(self, chain_id: int, address: str) -> Contract | None:
        return None if self._lake is None else self._lake.contract(chain_id, address)

    def markets(self, chain_id: int, token: str, moves: Sequence[Transfer]) -> tuple[Market, ...]:
        """The pools among those who moved a token, with what they say of its price; none without a lake."""
        if self._lake is None or not self.has_lake(chain_id):
            return ()
        return markets(self._lake, chain_id, token, moves)

    def alike(self, chain_id: int, symbol: bytes) -> list[Token]:
        """Tokens of the lake whose symbol looks like this one."""
        return [] if self._lake is None or not symbol else self._lake.alike(chain_id, symbol)


def open_transfers(reader: Reader, lake: str) -> Transfers:
    """`lake` is a folder, empty for none. Raises NotALake."""
    if not lake:
        return Transfers(reader, None)
    opened = LakeTransfers(Path(lake))
    opened.chains()
    return Transfers(reader, opened)
