"""Tokens that are new, what they read like, what becomes of them, and who pays at their doors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.memory.rows import value
from detectors.parts.baits import bait
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import among, is_some
from detectors.parts.people import People
from detectors.parts.skeletons import keys, spelling

CALLED = Layout(ints=("token", "spelling"))
FACT = Layout(ints=("maker", "bait", "twin", "users", "days", "disguised"))
MOVED = Layout(ints=("row", "kind", "source", "target", "signer", "transaction", "count"), words=("amount",))
DOOR = Layout(ints=("token",))
COIN = 0
MOVES = (Kind.ERC20, Kind.ERC721, Kind.ERC1155)
MOST_MOVES = 1_000
"""Of a new token, that are remembered: the first ones are those by which trust is asked for."""
MOST_CALLED = 5_000
CALLS = 2_000
"""Of a token, the newest calls that are read to see whether it is in use."""
BIRTH = 400
"""Of a token, the newest rows in which its birth is looked for."""
LOOKED_AT = 24
"""Of tokens that are called alike, the first and the newest ones that are looked at."""
UNKNOWN = -1
_IS_MOVE = np.zeros(256, np.bool_)
_IS_MOVE[list(MOVES)] = True


@dataclass(frozen=True, slots=True)
class Settings:
    """called_s: how long a token's symbol is remembered. new_s: how long a token is new: it is thrown or sold
    in the first days, or never. users: of a token that a new one reads like, from which on that is said: who
    is looked for by three reads like nobody in particular.
    """

    users: int = 3
    called_s: int = 3_650 * DAY
    called_cap: int = 4_000_000
    new_s: int = 90 * DAY
    new_cap: int = 1_000_000


@dataclass(frozen=True, slots=True)
class NewTokens:
    """`moves`, by "row": each transfer of a new token, `token`. New is what was made in the stream less than
    90 days ago, and what calls itself by a bait.

    `paid`, by "row": each transaction that pays the coin to a new token, or to what its maker made later:
    `token`.

    Histories: `known` has by token `maker` (who deployed it; -1 not known), `bait` (see `baits`) and, where
    its symbol reads like that of another token or of the coin that somebody else made and people used before:
    `twin` (-1 none), by how many `users` on how many `days`, and whether it is `disguised`: written
    otherwise. `moved` has by token its first thousand transfers. `called` has by what a symbol reads like
    (see `skeletons`) the tokens, `doors` by contract the token whose maker made it.
    """

    name: str = "new-tokens"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        new = {"known": FACT, "moved": MOVED, "doors": DOOR, "makers": DOOR}
        return {"called": HistorySpec(CALLED, own.called_s, own.called_cap)} | {
            name: HistorySpec(layout, own.new_s, own.new_cap) for name, layout in new.items()
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        held = {name: each for name, each in memory.items() if isinstance(each, History)}
        rows = seen.rows
        self._learn_all(held, seen)
        moves = _of(held["known"], rows, np.flatnonzero(_IS_MOVE[rows["kind"]]), "asset")
        for at in moves.tolist():
            _keep(held["moved"], rows, at)
        asks = (rows["kind"] == Kind.TRANSACTION) & (rows["small"] >= 0) & (rows["flag"] != 0)
        paying = np.flatnonzero(asks & is_some(rows["amount"]))
        paid = _of(held["doors"], rows, paying, "target")
        doors = [_newest(held["doors"], rows, at, "target") for at in paid.tolist()]
        return {
            "moves": {"row": rows["number"][moves], "token": rows["asset"][moves]},
            "paid": {"row": rows["number"][paid], "token": np.array(doors, np.int64)},
        }

    def _learn_all(self, held: Mapping[str, History], seen: Seen) -> None:
        """Block by block what tokens call themselves, and contracts made later by who made a new one."""
        told, sent = seen.tokens, seen.transactions
        made = np.flatnonzero((sent["created"] != 0) & sent["done"])
        for block in np.unique(np.concatenate([told["block"], sent["block"][made]])).tolist():
            for line in np.flatnonzero(told["block"] == block).tolist():
                self._learn(held, seen, line)
            for at in made[sent["block"][made] == block].tolist():
                _note_door(held, *(int(sent[name][at]) for name in ("signer", "created", "block", "time")))

    def _learn(self, held: Mapping[str, History], seen: Seen, line: int) -> None:
        """What a token is called, the first time that it is told; what is new is known from then on."""
        told = seen.tokens
        block, token, symbol = int(told["block"][line]), int(told["address"][line]), told["symbol"][line]
        now = int(seen.blocks["time"][np.searchsorted(seen.blocks["number"], block)])
        coin = (seen.token(COIN, block).symbol or "").encode()
        numbers, written, before = keys(symbol), spelling(symbol), dict[int, int]()
        for number in numbers:
            called = held["called"].rows(number, block, now, MOST_CALLED)
            before |= dict(zip(called["token"].tolist(), called["spelling"].tolist(), strict=True))
        if token in before or held["known"].numbers(token, block, now, 1).size:
            return
        for number in numbers:
            held["called"].add(number, block, now, token=token, spelling=written)
        if set(numbers) & set(keys(coin)):
            before[COIN] = spelling(coin)
        maker, bits = maker_of(seen, token, block), bait(told["name"][line], symbol)
        if maker == UNKNOWN and not bits:
            return
        twin, users, days = self._twin(seen, block, sorted(before), maker)
        held["known"].add(
            token, block, now, maker=maker, bait=bits, twin=twin, users=users, days=days,
            disguised=twin >= 0 and before[twin] != written,
        )  # fmt: skip
        held["doors"].add(token, block, now, token=token)
        if maker != UNKNOWN:
            held["makers"].add(maker, block, now, token=token)

    def _twin(self, seen: Seen, block: int, tokens: list[int], maker: int) -> tuple[int, int, int]:
        """Of these tokens the one most in use that somebody else made, by how many, and on how many days."""
        found = [(UNKNOWN, 0, 0)]
        for other in dict.fromkeys((*tokens[:LOOKED_AT], *tokens[-LOOKED_AT:])):
            if other == COIN:
                found.append((COIN, CALLS, CALLS))
            elif maker == UNKNOWN or maker_of(seen, other, block) != maker:
                users, days = use_of(seen, other, block, maker)
                if users >= self.settings.users:
                    found.append((other, users, days))
        return max(found, key=lambda each: each[1])


def _note_door(held: Mapping[str, History], maker: int, made: int, block: int, now: int) -> None:
    token = held["makers"].rows(maker, block, now, 1)["token"]
    if token.size and token[0] != made:
        held["doors"].add(made, block, now, token=int(token[0]))


def _of(history: History, rows: Columns, lines: Array, who: str) -> Array:
    """Those of the lines about whom a history has something to say by their block."""
    if not lines.size:
        return lines
    _, _, current, previous, _ = history.arrays()
    each, place = np.unique(rows[who][lines], return_inverse=True)
    heads = [value(current, previous, int(key), 0, 0) for key in each.tolist()]
    found = lines[np.array(heads, np.int64)[place] > 0]
    told = [_newest(history, rows, at, who) for at in found.tolist()]
    return found[np.array(told, np.int64) >= UNKNOWN]


def _newest(history: History, rows: Columns, at: int, who: str) -> int:
    """The first column of the newest row that a history has of somebody by a row's block, -2 without one."""
    key, block, now = (int(rows[name][at]) for name in (who, "block", "time"))
    found = history.numbers(key, block, now, 1)
    return int(history.at(found)[history.layout.ints[0]][0]) if found.size else UNKNOWN - 1


def _keep(moved: History, rows: Columns, at: int) -> None:
    token, block, now = (int(rows[name][at]) for name in ("asset", "block", "time"))
    before = moved.rows(token, block, now, 1)["count"]
    count = int(before[0]) + 1 if before.size else 1
    if count <= MOST_MOVES:
        moved.add(
            token, block, now, row=rows["number"][at], kind=rows["kind"][at], source=rows["source"][at],
            target=rows["target"][at], signer=rows["signer"][at], transaction=rows["transaction"][at],
            count=count, amount=rows["amount"][at],
        )  # fmt: skip


def maker_of(seen: Seen, token: int, block: int) -> int:
    """Who deployed a token; -1 for one that is older than the stream, or was made by a contract and nobody
    told of it.
    """
    rows = seen.history("rows").rows(token, block, BIRTH)
    made = (rows["kind"] == Kind.TRANSACTION) & (rows["third"] == token) & (rows["flag"] != 0)
    made |= (rows["kind"] == Kind.CREATION) & (rows["target"] == token)
    return int(rows["signer"][made][-1]) if made.any() else UNKNOWN


def use_of(seen: Seen, token: int, block: int, but: int) -> tuple[int, int]:
    """Among the newest calls of a token: people who called it themselves, and on how many days."""
    rows = seen.history("rows").rows(token, block, CALLS)
    calls = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == token) & (rows["third"] != token)
    calls &= rows["signer"] != but
    return np.unique(rows["signer"][calls]).size, np.unique(rows["time"][calls] // DAY).size


def is_market(people: People, place: int) -> bool:
    """Whether a place keeps an exchange: a pool that was told of, or what never signs and, when others ask,
    gives one asset for another. Who is charged by a collector, month by month, pays and gets nothing for it.
    """
    rows = people.seen.history("rows").rows(place, people.block, 60)
    told = among(rows["kind"], [Kind.POOL_V2, Kind.POOL_V3]) & (rows["target"] == place)
    if told.any() or (rows["signer"] == place).any():
        return bool(told.any())
    money = rows["kind"] == Kind.ERC20
    gave, got = money & (rows["source"] == place), money & (rows["target"] == place)
    got &= np.isin(rows["transaction"], rows["transaction"][gave])
    trades = rows["transaction"][got][:, None] == rows["transaction"][gave]
    return bool((trades & (rows["asset"][got][:, None] != rows["asset"][gave])).any())
