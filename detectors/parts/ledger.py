"""What lasts beside rows: what tokens said of themselves, which contracts wrap the coin, what nothing proves.

Append-only, so a reorganisation is undone by truncation: everything carries the block that brought it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from detectors.alerts.text import printable
from ingest import decode, schema

UNPROVED_BLOCKS = 500_000
"""For how many blocks a row that nothing proves is remembered: eleven days of Polygon, where one block in
sixteen has one. Evidence older than that counts by the proof of the block that raised the alert.
"""


@dataclass(frozen=True, slots=True)
class Token:
    """Metadata of a token as printable text; null where the token gave none."""

    symbol: str | None
    decimals: int | None


UNNAMED_COIN = Token(None, schema.NATIVE_DECIMALS)
"""Native value of a chain whose coin nobody named: never another chain's."""
NO_TOKEN = Token(None, None)


def native_coin(chain_id: int, symbol: str | None) -> Token:
    """The native coin of a chain: by the `symbol` of the run's settings, else by what its id tells."""
    return replace(UNNAMED_COIN, symbol=schema.native_symbol(chain_id) if symbol is None else symbol)


@dataclass(slots=True)
class Ledger:
    """Mutable on purpose: one ledger per engine, shared by all copies of the state and cut back by
    `truncate`.
    """

    tokens: dict[bytes, tuple[int, Token]] = field(default_factory=dict)
    facts: pl.DataFrame = field(default_factory=schema.TOKEN_METADATA.empty)
    unproved: dict[bytes, int] = field(default_factory=dict)
    """Hash and block of what stands among the transactions and is under no root: Polygon's state sync."""
    wrapped: dict[bytes, int] = field(default_factory=dict)
    """Contracts that wrap the native coin, with the block that first told so; those known by chain id are in
    none.
    """
    native: Token = UNNAMED_COIN
    """Set by the engine: it follows from chain and settings, and is in no checkpoint."""
    wrapped_here: frozenset[bytes] = frozenset()
    """Contracts that wrap the coin of this chain, by its id: like `native`."""

    def forget(self, number: int) -> None:
        """Drops unproved rows that are of long before a block below which no rollback goes any more."""
        oldest = number - UNPROVED_BLOCKS
        self.unproved = {name: block for name, block in self.unproved.items() if block > oldest}

    def note_unproved(self, transactions: pl.DataFrame) -> None:
        """Remembers the rows of `transactions` that nothing proves, however the block itself is proved."""
        if "state-sync" not in transactions["receipt_of"].to_list():
            return  # mostly so: a list is searched sooner than a frame is asked
        synced = transactions.filter(pl.col("receipt_of") == "state-sync")
        self.unproved.update(synced.select("transaction_hash", "block_number").iter_rows())

    def proves(self, transaction: bytes, number: int) -> bool:
        """Whether a row of `transaction`, seen from block `number`, is under its block's roots."""
        noted = self.unproved.get(transaction)
        return noted is None or not number - UNPROVED_BLOCKS < noted <= number

    def learn_tokens(self, facts: pl.DataFrame) -> None:
        """Takes `token_metadata` rows; the first word about a token stands."""
        fresh: list[dict[str, object]] = []
        for row in facts.iter_rows(named=True):
            if row["token"] not in self.tokens:
                symbol = printable(row["symbol"]) if row["symbol"] is not None else None
                self.tokens[row["token"]] = (row["block_number"], Token(symbol, row["decimals"]))
                fresh.append(row)
        if fresh:
            self.facts = pl.concat([self.facts, pl.DataFrame(fresh, schema=schema.TOKEN_METADATA.schema)])

    def learn_wrapped(self, facts: pl.DataFrame) -> None:
        """Takes `wrapped_natives` rows, but for contracts that only call themselves so."""
        if not facts.height:
            return
        sure = facts.filter(pl.col("how") != decode.BY_VALUE)
        for number, address in sure.select("block_number", "address").iter_rows():
            self.wrapped.setdefault(address, number)

    def is_coin(self, token: bytes | None, number: int) -> bool:
        """Whether this is the native coin, or was known in block `number` to wrap it one for one."""
        return token is None or token in self.wrapped_here or self.wrapped.get(token, number + 1) <= number

    def token(self, address: bytes | None, number: int) -> Token:
        """What was known of a token as of block `number`; native value where `address` is null.

        The ledger may be further: what it was told in a later block is not known yet, or an alert would tell
        by its words where batches were cut.
        """
        if address is None:
            return self.native
        told, token = self.tokens.get(address, (number, NO_TOKEN))
        return token if told <= number else NO_TOKEN

    def truncate(self, number: int) -> None:
        """Forgets everything that blocks above `number` brought."""
        self.wrapped = {token: told for token, told in self.wrapped.items() if told <= number}
        self.tokens = {token: fact for token, fact in self.tokens.items() if fact[0] <= number}
        self.facts = self.facts.filter(pl.col("block_number") <= number)
        self.unproved = {name: block for name, block in self.unproved.items() if block <= number}

    def until(self, number: int) -> Ledger:
        """A copy that stops at block `number`, as a checkpoint writes it."""
        twin = replace(self)
        twin.truncate(number)
        return twin
