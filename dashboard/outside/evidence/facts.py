"""Facts that an alert rests on, as the lake tells them: each with who says so. Nothing proves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from dashboard.outside.evidence.bundle import Fact
from detectors.alerts.alert import Alert
from ingest import schema
from ingest.lake.reading import Lake

MOST = 500
"""Facts of a bundle; it says how many more there were."""


def facts_of(lake: Lake, alert: Alert) -> tuple[list[Fact], int]:
    """What was told, up to the alert's last block, of the tokens of its rows, of the addresses in it, and of
    what crossed in its transactions; in order of tables and of the chain. Of what was told more than once of
    a token or a contract the first counts, of a list's entry the last. Beside them how many are left out.
    Raises NotALake.
    """
    last, chain = alert.updated_block, alert.chain_id
    told = {table.name: lake.told(chain, table, last) for table in schema.FACT_TABLES}
    tokens = _raw({row.token for row in alert.evidence if row.token})
    people = _raw({role.address for role in alert.roles} | {alert.subject_id} | set(_ends(alert)))
    sent = _raw({row.transaction for row in alert.evidence} | set(alert.transactions))
    blocks = sorted({row.block_number for row in alert.evidence})
    whose = pl.col("address").is_in(people)
    chosen = {
        "token_metadata": told["token_metadata"].filter(pl.col("token").is_in(tokens)).unique(
            "token", keep="first", maintain_order=True
        ),
        "codes": told["codes"].filter(whose).drop("code").unique(
            "address", keep="first", maintain_order=True
        ),
        "lists": told["lists"].filter(whose).unique(
            ("address", "kind", "source"), keep="last", maintain_order=True
        ),
        "wrapped_natives": told["wrapped_natives"].filter(
            pl.col("address").is_in(tokens), pl.col("block_number").is_in(blocks)
        ),
        "messages": told["messages"].filter(pl.col("transaction_hash").is_in(sent)),
        "disagreements": told["disagreements"].filter(pl.col("about").is_in(blocks)),
    }  # fmt: skip
    found = list(_facts(chosen))
    return found[:MOST], max(0, len(found) - MOST)


def _facts(chosen: dict[str, pl.DataFrame]) -> Iterator[Fact]:
    for table in sorted(chosen):
        for row in chosen[table].iter_rows(named=True):
            yield Fact(table, _source(table, row), {name: _plain(value) for name, value in row.items()})


def _source(table: str, row: dict[str, Any]) -> str:
    """On whose word it is."""
    match table:
        case "token_metadata":
            return "the token itself, asked in this block"
        case "codes":
            return "a node, asked for the contract's code in this block"
        case "lists":
            return f"the list {row['source']}"
        case "wrapped_natives":
            return f"known by {row['how']}"
        case "messages":
            return f"the file of the bridge {row['bridge']}, and a node of chain {row['other_chain_id']}"
        case _:
            return f"the nodes {row['node']} and {row['other_node'] or 'none'}"


def _plain(value: Any) -> Any:
    """JSON has no bytes, and a float would not be the same text everywhere: amounts have both."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return f"{value:.6e}" if isinstance(value, float) else value


def _ends(alert: Alert) -> Iterator[str]:
    for row in alert.evidence:
        yield from (end for end in (row.from_address, row.to_address) if end)


def _raw(texts: set[str]) -> list[bytes]:
    return [bytes.fromhex(text[2:]) for text in sorted(texts)]
