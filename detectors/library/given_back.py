"""What `asset_drain` takes back: who robbed a contract to rescue what it kept gives it back. No detector."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from detectors.base import Finding, hexed
from detectors.parts.contract import Seen
from detectors.parts.inside import MOVES, NOBODY, Inside, of_asset
from detectors.parts.kinds import is_some, marks
from detectors.parts.limbs import floats
from detectors.parts.lines import place_of, some
from detectors.parts.people import People, whole

_MOVED = marks(*MOVES)
_NEARLY = 0.9
"""The share of what was taken that makes a return: rescuers are let keep a tenth."""


def given_back(seen: Seen) -> Iterator[Finding]:
    """Payments to a contract that was nearly emptied of an asset, by who had got it there and had never put
    anything in: what was said of him is lowered. Such a contract got at least about twice what comes now: it
    once, and what had been taken.
    """
    kept, net = seen.of("kept").get("lines"), seen.of("net").get("changes")
    if kept is None or net is None:
        return
    before, came = floats(kept["before"]), floats(net["received"]) - floats(net["paid"])
    refilled = (kept["first"] != 0) & (came > before) & (net["account"] != NOBODY) & (before >= 0)
    refilled &= floats(kept["got"]) >= 2 * _NEARLY * came
    lines, sent = np.flatnonzero(refilled), seen.transactions
    blocks = sent["block"][net["transaction"][lines] - int(sent["number"][0])]
    made = seen.history("contracts.made").has(net["account"][lines], blocks)
    for line in lines[made].tolist():
        one = Inside(seen, int(net["transaction"][line]))
        yield from _returned(one, int(net["account"][line]), int(net["asset"][line]))


def _returned(one: Inside, contract: int, asset: int) -> Iterator[Finding]:
    seen, rows, people = one.seen, one.rows, People(one.seen, one.of("block"))
    paid = _MOVED[rows["kind"]] & (rows["target"] == contract)
    paid &= (rows["money"] == asset) & is_some(rows["amount"])
    givers = dict(zip(rows["source"][paid].tolist(), rows["number"][paid].tolist(), strict=True))
    for giver, row in givers.items():
        if giver and _has_all_back(seen, people, giver, contract, row):
            yield _finding(seen, giver, contract, row)


def _has_all_back(seen: Seen, people: People, giver: int, contract: int, row: int) -> bool:
    """Whether a contract has back, up to a row, of each asset nearly all that somebody had got of it, who had
    never paid it before.
    """
    mine = people.rows(giver)
    moved = (mine["row"] <= row) & _MOVED[mine["kind"]] & is_some(mine["amount"])
    mine = some(mine, moved)
    out = (mine["source"] == contract) & (mine["target"] == giver)
    back = (mine["source"] == giver) & (mine["target"] == contract)
    if not out.any() or (back & (mine["row"] < mine["row"][out].min())).any():
        return False
    coins = seen.coins["id"]
    assets = {0 if each in coins else each for each in mine["asset"][out].tolist()}
    about = {each: of_asset(mine, each, coins) for each in assets}
    return all(
        sum(whole(mine["amount"][rows & back])) >= _NEARLY * sum(whole(mine["amount"][rows & out]))
        for rows in about.values()
    )


def _finding(seen: Seen, giver: int, contract: int, row: int) -> Finding:
    wallet = seen.address(giver)
    return Finding(
        **place_of(seen, row),
        category="asset-drain",
        subject_kind="wallet",
        subject=wallet,
        score=0.1,
        severity="low",
        roles=((wallet, "intermediary"),),
        rows=seen.evidence([row]),
        explanation=f"{hexed(wallet)} gave {hexed(seen.address(contract))} back what he had of it.",
        lowers=("value-back-to-owner", "the contract has it back"),
    )
