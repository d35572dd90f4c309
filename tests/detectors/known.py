"""What was known before each transfer of a chain, and how wallets stand at the ends of its blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detectors.engine.settings import EngineSettings
from detectors.engine.state import State, advance, cut
from detectors.parts.contract import Columns, Seen
from ingest.model.batch import Batch
from tests.detectors.seen.looking import Looker
from tests.fixtures.frames import ChainBuilder

SETTINGS = EngineSettings()
Lines = list[dict[str, Any]]


def known(chain: ChainBuilder) -> Lines:
    """Of each transfer, with the addresses of both sides."""
    return known_and_wallets([chain.batch()])[0]


def wallets(chain: ChainBuilder) -> Lines:
    """Of each wallet and block, with its address."""
    return known_and_wallets([chain.batch()])[1]


def known_and_wallets(batches: Iterable[Batch], settings: EngineSettings = SETTINGS) -> tuple[Lines, Lines]:
    """Both, over batches that are cut like an engine cuts them."""
    looker: Any = Looker(("habits", "holdings"))
    state, transfers, standing = State.empty([looker]), Lines(), Lines()
    for batch in batches:
        for piece in cut(batch, settings, 1):
            seen = advance(state, piece, [], settings).by("test", looker.reads)
            transfers += _transfers(seen)
            standing += _wallets(seen)
    return transfers, standing


def _transfers(seen: Seen) -> Lines:
    found = _lines(seen.of("holdings").get("known", {}))
    for line in found:
        at = line["row"] - int(seen.rows["number"][0])
        for name, place in (("payer", "source"), ("payee", "target")):
            line[name] = seen.address(int(seen.rows[place][at]))
        for name in ("from_funder", "to_funder", "from_first_payer", "to_first_payer"):
            line[name] = seen.address(line[name]) if line[name] else None
    return found


def _wallets(seen: Seen) -> Lines:
    lines = _lines(seen.of("habits").get("wallets", {}))
    return [line | {"wallet": seen.address(line["id"])} for line in lines]


def _lines(table: Columns) -> Lines:
    values = zip(*(each.tolist() for each in table.values()), strict=True)
    return [dict(zip(table, line, strict=True)) for line in values]
