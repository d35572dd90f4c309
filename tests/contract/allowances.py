"""Verbs for stories of allowances: alice lets bob spend, ends it, and bob takes."""

from __future__ import annotations

from ingest.decode.shapes import signature
from tests.fixtures.frames import ChainBuilder, word

APPROVAL = signature("Approval(address,address,uint256)")
FOR_ALL = signature("ApprovalForAll(address,address,bool)")
WITHOUT_LIMIT = 2**256 - 1
TRANSFER_FROM = bytes.fromhex("23b872dd")


def allows(
    chain: ChainBuilder,
    token: bytes,
    owner: bytes,
    spender: bytes,
    amount: int = WITHOUT_LIMIT,
    by: bytes | None = None,
    of_all: bool = False,
) -> None:
    """A transaction of the owner's; with `by` of somebody who brings his signature."""
    topics = (FOR_ALL if of_all else APPROVAL, word(owner), word(spender))
    chain.log(token, topics, word(1 if of_all else amount), by or owner)


def earlier(chain: ChainBuilder, token: bytes, owner: bytes, spender: bytes, left: int) -> None:
    """In an open transaction: what older code says of an allowance that was just used."""
    chain.log(token, (APPROVAL, word(owner), word(spender)), word(left))


def ends(chain: ChainBuilder, token: bytes, owner: bytes, spender: bytes) -> None:
    allows(chain, token, owner, spender, 0)


def pulls(chain: ChainBuilder, token: bytes, owner: bytes, to: bytes, amount: int, spender: bytes) -> None:
    """The spender's own transferFrom."""
    chain.erc20(token, owner, to, amount, by=spender)


def fails_to_take(chain: ChainBuilder, token: bytes, spender: bytes) -> None:
    """A transferFrom that the token refuses."""
    chain.calls(spender, token, TRANSFER_FROM + word(1) * 3, status=0)
