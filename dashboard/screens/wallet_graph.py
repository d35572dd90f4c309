"""A wallet among others: who is around it, and how money gets from it to another and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from dashboard import wording
from dashboard.screens import drawings, inputs, parts, tables
from dashboard.screens.tables import Column
from dashboard.transfers import network
from dashboard.transfers.door import Transfers


def around(
    transfers: Transfers,
    revision: int,
    chain_id: int,
    address: str,
) -> None:
    """The wallets around one, who stands in the middle, and what only this one joins."""
    with st.columns([1, 4])[0]:
        hops = int(inputs.choice("Payments away", "hops", ("1", "2")))
    found = network.around(drawings.finder(transfers, revision), chain_id, address, hops)
    parts.left_out(found.left_out)
    drawings.network_of(transfers, revision, chain_id, address, found)
    left, right = st.columns(2, gap="medium")
    with left:
        parts.section(
            "Who stands in the middle", "share of the shortest ways between others that lead through it"
        )
        columns = (Column("Address", "mono"), Column("Paid by", "number"), Column("Pays", "number"),
                   Column("Ways through it", "number"))  # fmt: skip
        rows = [
            [tables.wallet(chain_id, each.address, "this wallet" if each.address == address else ""),
             tables.number(each.payers), tables.number(each.payees),
             tables.cell(f"{each.between:.3f}", share=min(1.0, each.between))]
            for each in network.central(found.graph)
        ]  # fmt: skip
        tables.table("central", columns, rows, "")
    with right:
        groups = network.components(found.graph, address)
        parts.section("Without this wallet")
        sizes = ", ".join(map(str, groups[:12])) + (" …" if len(groups) > 12 else "")
        parts.remark(_apart(groups, sizes))
        st.download_button(
            "This graph as GraphML",
            network.graphml(found.graph),
            f"wallet-{address[:10]}.graphml",
            "application/xml",
        )


def paths(transfers: Transfers, revision: int, chain_id: int, address: str) -> None:
    """The shortest ways of money to another wallet and back."""
    other = inputs.lower(inputs.text("To and from this address", "to", "0x…"))
    if not inputs.is_address(other):
        parts.remark(f"Ways of money between the two, at most {2 * network.REACH} payments long.")
        return
    find = drawings.finder(transfers, revision)
    for payer, payee, words in (
        (address, other, "From this wallet to it"),
        (other, address, "From it to this wallet"),
    ):
        ways, seen = network.between(find, chain_id, payer, payee)
        parts.section(words, "the shortest ways, whatever their order in time")
        columns = (Column("Payments", "number"), Column("Way", "mono"))
        rows = [
            [
                tables.number(len(way) - 1),
                tables.cell(" → ".join(map(wording.short, way)), full=" → ".join(way)),
            ]
            for way in ways
        ]
        tables.table(f"ways_{words}", columns, rows, "No way was found in what was looked through.")
        drawings.ways(transfers, revision, chain_id, ways, words)
        parts.left_out(seen.left_out)


def _apart(groups: Sequence[int], sizes: str) -> str:
    if len(groups) < 2:
        return "The others hang together without it." if groups else "Nobody is left."
    return f"The others fall into {len(groups)} groups, of {sizes} wallets: only this one joins them."


def _arrows(names: Iterable[str]) -> str:
    return " → ".join(names)
