"""Asks the store what blocks cost and what was forecast of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, select

from dashboard.store.fee_tables import block_fees, fee_forecasts
from dashboard.store.heads import raw
from dashboard.store.values import whole
from detectors.runs.forecasts.blocks import COLUMNS, BlockFees
from detectors.runs.forecasts.values import Forecast

if TYPE_CHECKING:
    from dashboard.store.reading import Reader


def fees_now(connection: Connection, chain_id: int, count: int) -> list[BlockFees]:
    """Of the newest blocks, in their order. A row whose place or use is no number is left out."""
    return _blocks(connection.execute(_wanted(chain_id, count)).all())


def newest_fees(reader: Reader, chain_id: int, count: int) -> list[BlockFees]:
    """The same; none in a store of a version that kept no fees."""
    return _blocks(reader.ask(_wanted(chain_id, count))) if reader.holds(block_fees) else []


def last_forecasts(reader: Reader, chain_id: int, count: int) -> list[Forecast]:
    """The newest that were made of a chain, the newest first; what cannot be read is left out. None in a
    store of a version that kept none.
    """
    if not reader.holds(fee_forecasts):
        return []
    place = fee_forecasts.c.block_number
    wanted = select(raw(fee_forecasts.c.record)).where(fee_forecasts.c.chain_id == chain_id)
    rows = reader.ask(wanted.order_by(place.desc()).limit(count))
    return [found for (record,) in rows if (found := forecast_from(record)) is not None]


def forecast_text(found: Forecast) -> str:
    return msgspec.json.encode(found).decode()


def forecast_from(record: object) -> Forecast | None:
    try:
        return msgspec.json.decode(str(record), type=Forecast)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return None


def _wanted(chain_id: int, count: int) -> Any:
    columns = [raw(block_fees.c[name]) for name in COLUMNS]
    here = select(*columns).where(block_fees.c.chain_id == chain_id)
    return here.order_by(block_fees.c.block_number.desc()).limit(count)


def _blocks(rows: Sequence[Any]) -> list[BlockFees]:
    found = ([whole(value) for value in row] for row in reversed(rows))
    return [BlockFees(*row) for row in found if None not in row[:3]]  # type: ignore[arg-type]
