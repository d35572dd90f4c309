"""What crosses a bridge in a batch of either chain: what its events say, and what really moved with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from ingest import decode, schema
from ingest.facts.bridge_files import NATIVE, Asset, Bridge, BridgeEvent, Side
from ingest.model.batch import Batch

ZERO = bytes(20)
_PLACE = ("block_number", "transaction_index", "transaction_hash", "log_index", "address")
_TOPICS = ("topic0", "topic1", "topic2", "topic3")


@dataclass(slots=True)
class _Move:
    """A transfer of one of the bridge's coins, in units of its side. `log` None: native value."""

    asset: Asset
    claims: bool
    units: int
    recipient: bytes
    log: int | None


@dataclass(slots=True)
class _Said:
    """A bridge's own event with the moves that belong to it."""

    event: BridgeEvent
    log: int
    fields: dict[str, bytes]
    asset: Asset | None
    moves: list[_Move] = field(default_factory=list)
    is_seen: bool = True
    """Whether what moved can be seen: native value inside of calls cannot, without traces."""

    @property
    def amount(self) -> int:
        return int.from_bytes(self.fields["amount"], "big")

    @property
    def moved(self) -> int:
        return sum(move.units for move in self.moves)


@dataclass(slots=True)
class _Sent:
    """One transaction."""

    number: int
    hash: bytes
    said: list[_Said] = field(default_factory=list)
    moves: list[_Move] = field(default_factory=list)


def crossings(batch: Batch, bridge: Bridge, side: Side, chain_id: int) -> pl.DataFrame:
    """A row for each deposit and claim (shape: `schema.MESSAGES`), in chain order. Those of the other chain
    stand in block 0 yet. `chain_id` is this chain's.
    """
    times = dict(batch.blocks.select("block_number", "timestamp").iter_rows())
    rows = [
        row
        for sent in _transactions(batch, bridge, side)
        for row in _rows(sent, bridge, side, chain_id, times[sent.number])
    ]
    return pl.DataFrame(rows, schema=schema.MESSAGES.schema, orient="row")


def _transactions(batch: Batch, bridge: Bridge, side: Side) -> Iterable[_Sent]:
    events = {event.topic: event for event in bridge.events if event.side == side}
    contract = bridge.contract(side)
    tokens = [asset.on(side) for asset in bridge.assets if asset.on(side) != NATIVE]
    speaks = (pl.col("address") == contract) & pl.col("topic0").is_in(list(events))
    moves = pl.col("address").is_in(tokens) & (pl.col("topic0") == decode.TRANSFER)
    out = pl.col("topic1").is_in([_word(ZERO), _word(contract)])
    wanted = batch.logs.filter(speaks | (moves & out)).select("block_number", "transaction_index").unique()
    if not wanted.height:
        return []
    logs = batch.logs.join(wanted, on=["block_number", "transaction_index"], how="semi")
    found: dict[tuple[int, int], _Sent] = {}
    for number, index, hash_, log, address, *topics, data in (
        logs.filter(speaks | moves).select(*_PLACE, *_TOPICS, "data").iter_rows()
    ):
        sent = found.setdefault((number, index), _Sent(number, hash_))
        if address == contract and topics[0] in events:
            _hear(sent, events[topics[0]], log, (*topics,), data, bridge, side)
        else:
            _see(sent, address, (*topics,), data, log, bridge, side)
    for place, sent in found.items():
        _pair(sent)
        _count_native(sent, batch, place, bridge, side)
    return found.values()


def _hear(
    sent: _Sent, event: BridgeEvent, log: int, topics: tuple[bytes | None, ...], data: bytes, bridge: Bridge,
    side: Side,
) -> None:  # fmt: skip
    fields = event.reads(topics, data)
    if "amount" not in fields:
        return
    token = fields.get("token")
    sent.said.append(_Said(event, log, fields, bridge.asset_of(side, None if token is None else token[-20:])))


def _see(
    sent: _Sent, token: bytes, topics: Sequence[bytes | None], data: bytes, log: int, bridge: Bridge,
    side: Side,
) -> None:  # fmt: skip
    """A transfer between the bridge, or nobody, and somebody."""
    asset, contract = bridge.asset_of(side, token), bridge.contract(side)
    if asset is None or topics[1] is None or topics[2] is None or topics[3] is not None or len(data) != 32:
        return
    payer, payee = topics[1][-20:], topics[2][-20:]
    holder = ZERO if asset.minted == side else contract
    if payer == holder and payee not in (holder, contract):
        sent.moves.append(_Move(asset, True, int.from_bytes(data, "big"), payee, log))
    elif payee == holder and payer != holder:
        sent.moves.append(_Move(asset, False, int.from_bytes(data, "big"), payer, log))


def _pair(sent: _Sent) -> None:
    """Gives each event the transfer of its coin that fits best; what is left goes to who has too little (a
    relayer's share, a fee). What still is left moved without a word.
    """
    for said in sent.said:
        fits = [move for move in sent.moves if move.asset is said.asset and move.claims == said.event.claims]
        to = said.fields.get("recipient", b"")[-20:]
        fits.sort(key=lambda move: (move.units != said.amount, said.event.claims and move.recipient != to))
        if fits:
            said.moves.append(fits[0])
            sent.moves.remove(fits[0])
    for move in list(sent.moves):
        for said in sent.said:
            is_its = move.asset is said.asset and move.claims == said.event.claims
            if is_its and said.moved + move.units <= said.amount:
                said.moves.append(move)
                sent.moves.remove(move)
                break


def _count_native(sent: _Sent, batch: Batch, place: tuple[int, int], bridge: Bridge, side: Side) -> None:
    """Of native coin what came with the transaction itself, or by calls where they are seen."""
    native = [said for said in sent.said if said.asset is not None and said.asset.on(side) == NATIVE]
    if not native:
        return
    came, went, is_seen = _native(batch, place, bridge.contract(side))
    for said in native:
        said.is_seen = is_seen or (not said.event.claims and came is not None)
        if not said.is_seen or said.asset is None:
            continue
        if said.event.claims:
            units = went.get(said.fields.get("recipient", b"")[-20:], 0)
        else:
            units = min(said.amount, came or 0)
            came = (came or 0) - units
        said.moves.append(_Move(said.asset, said.event.claims, units, ZERO, None))


def _native(
    batch: Batch, place: tuple[int, int], contract: bytes
) -> tuple[int | None, dict[bytes, int], bool]:  # fmt: skip
    """What the contract got and whom it paid in a transaction, and whether calls inside of it are seen."""
    here = (pl.col("block_number") == place[0]) & (pl.col("transaction_index") == place[1])
    calls = batch.traces.filter(here & ~pl.col("undone") & (pl.col("call_type") != "delegatecall"))
    if calls.height:
        came, went = 0, defaultdict[bytes, int](int)
        for payer, payee, wei in calls.select("from_address", "to_address", "value").iter_rows():
            came += int.from_bytes(wei, "big") if payee == contract else 0
            if payer == contract and payee is not None:
                went[payee] += int.from_bytes(wei, "big")
        return came, dict(went), True
    to, wei = batch.transactions.filter(here).select("to_address", "value").row(0)
    return (int.from_bytes(wei, "big") if to == contract else None), {}, False


def _rows(
    sent: _Sent, bridge: Bridge, side: Side, chain_id: int, time: int
) -> Iterable[tuple[object, ...]]:  # fmt: skip
    lines = [(said.log, _said_row(said, side)) for said in sent.said]
    lines += [(move.log or 0, _unsaid_row(move, side)) for move in sent.moves if move.claims]
    final = time + bridge.finality_s
    for _, (kind, claims, *told) in sorted(lines, key=lambda line: line[0]):
        inward = (side == "here") == claims
        *what, log, moved_log = told
        yield (
            chain_id, sent.number if side == "here" else 0, bridge.name, side, "in" if inward else "out",
            kind,
            *what, bridge.here, bridge.chain_id, sent.number, time, sent.hash, log, moved_log, final,
            final + bridge.delay_s, bridge.first_here,
        )  # fmt: skip


def _said_row(said: _Said, side: Side) -> tuple[object, ...]:
    asset, claims = said.asset, said.event.claims
    kind = said.event.kind if asset is None else asset.kind(side, claims)
    amount = said.amount
    worth = amount if asset is None else asset.worth(side, amount)
    moved = None if asset is None or not said.is_seen else asset.worth(side, said.moved)
    people = [
        said.fields[name][-20:] if name in said.fields else None for name in ("sender", "recipient")
    ]  # fmt: skip
    logs = [move.log for move in said.moves if move.log is not None]
    return (
        kind, claims, said.fields.get("nonce"), None if asset is None else asset.here, *_both(amount),
        *_both(worth), *_both(moved), *people, said.log, logs[0] if logs else None,
    )  # fmt: skip


def _unsaid_row(move: _Move, side: Side) -> tuple[object, ...]:
    worth = move.asset.worth(side, move.units)
    return (
        move.asset.kind(side, True), True, None, move.asset.here, *_both(move.units), *_both(worth),
        *_both(worth), None, move.recipient, -1, move.log,
    )  # fmt: skip


def _both(amount: int | None) -> tuple[bytes | None, float | None]:
    """Exact, cut at what a word holds, and as a feature."""
    if amount is None:
        return None, None
    return min(amount, 2**256 - 1).to_bytes(32, "big"), float(amount)


def _word(address: bytes) -> bytes:
    return address.rjust(32, b"\0")
