"""What the commands are given, made into what works: which chain, which contract, who sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.store import Reader
from dashboard.store.anchors import anchorings
from ingest.machine.tools import home
from ingest.model.errors import BadInput
from ingest.model.redact import shown
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.sender import Sender, sender_with_journal
from ingest.nodes.sending.speaking import Speaker

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


def watched_chain(reader: Reader, asked: int | None) -> int:
    """The chain to be anchored. Raises BadInput where the store does not say which, or lacks it."""
    known = reader.chains()
    if asked is not None and asked not in known:
        raise BadInput(f"the store holds no chain {asked}: fill it with `undertow sink`")
    if asked is None and len(known) != 1:
        told = ", ".join(map(str, known)) or "none"
        raise BadInput(f"the store holds these chains: {told}; name one with --chain-id")
    return known[0] if asked is None else asked


def checked_address(text: str, flag: str) -> str:
    """In lower case. Raises BadInput for what is no address."""
    if not _ADDRESS.fullmatch(text):
        raise BadInput(f"{flag} {shown(text, 60)!r} is no address: give 0x and 40 hex digits")
    return text.lower()


def contract_of(reader: Reader, watched: int, anchor_chain: int, named: str | None) -> str | None:
    """The contract that is named, or else the one that the store knows; None where one is to be made.

    Raises BadInput where the store's lies on another chain: a second one would be begun without a word.
    """
    if named is not None:
        return checked_address(named, "--contract")
    for each in anchorings(reader):
        if each.chain_id == watched and each.anchor_chain != anchor_chain:
            raise BadInput(
                f"chain {watched} is anchored in {each.contract} on chain {each.anchor_chain}, and --rpc is "
                f"of chain {anchor_chain}: give a node of that chain, or name another --contract"
            )
        if each.chain_id == watched:
            return checked_address(each.contract, "the store's contract")
    return None


@contextmanager
def sender_on(
    node: Speaker, key: SigningKey, state: Path | None, watched: int, same: bool, depth: int, max_fee: int
) -> Iterator[Sender]:
    """Who sends, with its journal. Raises BadInput where the node is of the watched chain and `same` does not
    say that this is meant: what is written there changes what is watched.
    """
    chain_id = node.chain_id()
    if chain_id == watched and not same:
        raise BadInput(
            f"the node at {node.source} is of chain {watched}, which is the one watched: give a node of "
            "another chain, or --same-chain where that is meant"
        )
    with sender_with_journal(node, key, state or home() / "anchor", depth, max_fee) as sender:
        yield sender
