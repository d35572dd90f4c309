"""Every rule there is, and for each a log as the contract would emit it: encoded by eth-abi, not by us."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from eth_abi.abi import encode

from ingest import decode, schema
from ingest.decode.approvals import APPROVALS
from ingest.decode.event import Decoder, Parameter, Rule
from ingest.decode.flash_loans import FLASH_LOANS
from ingest.decode.governance import DELEGATIONS, PROPOSALS, VOTES
from ingest.decode.lending import LENDING, LIQUIDATIONS
from ingest.decode.mixers import MIXERS
from ingest.decode.ownership import OWNERSHIP
from ingest.decode.pools import LIQUIDITY, POOLS, RESERVES, SWAPS
from ingest.decode.vaults import VAULTS
from tests.fixtures.frames import ChainBuilder, address, word

CONTRACT = address("contract")

DECODERS: tuple[Decoder, ...] = (
    APPROVALS, POOLS, SWAPS, LIQUIDITY, RESERVES, LENDING, LIQUIDATIONS, FLASH_LOANS, VAULTS, MIXERS,
    OWNERSHIP, PROPOSALS, VOTES, DELEGATIONS,
)  # fmt: skip
ALL: dict[str, tuple[Rule, ...]] = {decoder.table.name: decoder.rules for decoder in DECODERS}
EVERY = [(name, at) for name, rules in ALL.items() for at in range(len(rules))]
assert ALL.keys() == decode.EVENTS.keys() == {table.name for table in schema.EVENT_TABLES}


@dataclass(frozen=True)
class Example:
    """One log of a rule: its topics, its data, and the values that went into it, by parameter."""

    rule: Rule
    topics: tuple[bytes, ...]
    data: bytes
    values: dict[str, object]

    def rows(self, table: str) -> list[dict[str, object]]:
        return rows(table, self.topics, self.data)


def rows(table: str, topics: tuple[bytes, ...], data: bytes) -> list[dict[str, object]]:
    """What a log of `CONTRACT` becomes in a table; the log itself must always be kept."""
    batch = ChainBuilder().block().log(CONTRACT, topics, data).batch()
    assert batch.logs.height == 1
    return decode.EVENTS[table](batch.blocks, batch.logs).rows(named=True)


def example(table: str, at: int) -> Example:
    rule = ALL[table][at]
    values = {parameter.name: _value(parameter) for parameter in rule.event.parameters}
    topics = [encode([p.type], [values[p.name]]) for p in rule.event.parameters if p.indexed]
    plain = [p for p in rule.event.parameters if not p.indexed]
    data = encode([p.type for p in plain], [values[p.name] for p in plain])
    return Example(rule, (rule.event.topic0, *topics), data, values)


def narrow(rule: Rule) -> Iterator[tuple[int | None, int]]:
    """Where words lie that do not use all of their bytes: (topic number, 0), or (None, byte of the data)."""
    topic, at = 1, 0
    for parameter in rule.event.parameters:
        leaves_room = parameter.type not in ("uint256", "int256", "bytes32")
        if leaves_room:
            yield (topic, 0) if parameter.indexed else (None, at)
        topic, at = (topic + 1, at) if parameter.indexed else (topic, at + 32)


def _value(parameter: Parameter) -> object:
    """A value of the parameter's type that differs from one parameter to the next; numbers are large."""
    seed = hashlib.sha256(parameter.name.encode()).digest()
    kind = parameter.type
    if kind == "address":
        return "0x" + seed[:20].hex()
    if kind == "bool":
        return True
    if kind.endswith("[]"):
        return [_value(Parameter(f"{parameter.name}{n}", kind[:-2], False, parameter.word)) for n in range(3)]
    if kind == "string":
        return seed.hex() * (1 + seed[0] % 3)
    if kind == "bytes":
        return seed * (1 + seed[0] % 3)
    if kind == "bytes32":
        return seed
    if kind.startswith("int"):
        bits = int(kind[3:])
        return -(int.from_bytes(seed, "big") % 2 ** (bits - 1)) - 1
    return int.from_bytes(seed, "big") % 2 ** int(kind[4:])


def as_stored(value: object) -> object:
    """An eth-abi value as our tables hold it, where it is a word or an address."""
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    return word(value) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value
