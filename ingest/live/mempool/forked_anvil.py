"""A watched node that is an anvil which forks another one: what it forks, and its own state at its head.

Another anvil must not fork it. Hundreds of reads of its state at once make it stop answering anybody for good
(as in foundry's issue 11486), as each of them may have to ask the node below. So the private anvil forks
that node below, and takes over the watched one's state by one request a head.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest.live.mempool.outcome import Head
from ingest.model.errors import BadInput, NodeMisbehaved, NodeUnreachable
from ingest.model.redact import redact
from ingest.nodes.sending.speaking import Refused, Speaker
from ingest.nodes.transport import is_loopback

MOST_STATE = 512 << 20
"""Bytes of JSON that an anvil's state may have: it grows by about 120 kB a block of the local world."""

_KEPT_BLOCKS = 256
"""As many as a contract can ask the hashes of."""


class HeadMoved(Exception):
    """The state is of another head than the one that is simulated on."""


@dataclass(frozen=True, slots=True)
class Below:
    """The node that a watched anvil forks, and the block after which it does."""

    url: str
    number: int


class _Fork(msgspec.Struct, rename="camel", gc=False, frozen=True):
    fork_url: str | None = None
    fork_block_number: int | None = None


class _NodeInfo(msgspec.Struct, rename="camel", gc=False, frozen=True):
    fork_config: _Fork = _Fork()


class _Numbered(msgspec.Struct, gc=False, frozen=True):
    number: str


class _Block(msgspec.Struct, gc=False, frozen=True):
    header: _Numbered


class _State(msgspec.Struct, gc=False):
    """Of an `anvil_dumpState`; what is not looked into stays as it was written."""

    block: msgspec.Raw
    accounts: msgspec.Raw
    best_block_number: int | str
    blocks: list[msgspec.Raw]


def below(node: Speaker, url: str) -> Below | None:
    """What the node at `url` forks; None where it is no anvil, or one that forks nothing. Raises BadInput
    where that node cannot be forked instead: only an anvil on this machine is believed where it leads to, and
    one that forks a fork would lead to another that must not be forked.
    """
    found = _forked_by(node)
    if found is None:
        return None
    if not is_loopback(url):
        raise BadInput(_unsafe(node, f"on another machine; {redact(found.url)} is what it forks"))
    under = Speaker(found.url)
    try:
        if _forked_by(under) is not None:
            raise BadInput(_unsafe(node, f"and {redact(found.url)}, which it forks, is a fork too"))
    except NodeUnreachable as error:
        raise BadInput(_unsafe(node, f"and {redact(found.url)}, which it forks, does not answer")) from error
    finally:
        under.close()
    return found


def _unsafe(node: Speaker, why: str) -> str:
    return (
        f"what waits at the node at {node.source} cannot be simulated without making it hang: it is an "
        f"anvil that forks another node, {why}: name an anvil on this machine that forks a node, or leave "
        "--mempool out"
    )


def _forked_by(node: Speaker) -> Below | None:
    try:
        told = msgspec.convert(node.ask("anvil_nodeInfo"), _NodeInfo).fork_config
    except (Refused, msgspec.ValidationError):
        return None
    if told.fork_url is None or told.fork_block_number is None:
        return None
    return Below(told.fork_url, told.fork_block_number)


def take_over(watched: Speaker, private: Speaker, head: Head) -> None:
    """Gives `private`, which forks what `watched` forks, the state of `watched` at `head`, its number, hash
    and time. Raises HeadMoved where `watched` has another head by now, NodeMisbehaved.
    """
    dumped = watched.ask("anvil_dumpState")
    try:
        state = _without_history(dumped)
    except (ValueError, TypeError, EOFError, OSError, zlib.error, msgspec.MsgspecError) as error:
        told = str(error).split("\n", 1)[0][:200]
        raise NodeMisbehaved(f"the anvil at {watched.source} gave a state that is none: {told}") from error
    private.ask("anvil_loadState", "0x" + gzip.compress(state, 1).hex())
    newest = private.ask("eth_getBlockByNumber", "latest", False)
    if newest["hash"].lower() != head.hash:
        raise HeadMoved


def _without_history(dumped: Any) -> bytes:
    """The state without transactions and old blocks, which are nine tenths of it. Raises ValueError and
    those that decoding raises.
    """
    if not isinstance(dumped, str):
        raise TypeError("no text")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    plain = unpacker.decompress(bytes.fromhex(dumped.removeprefix("0x")), MOST_STATE)
    if not unpacker.eof:
        raise ValueError(f"more than {MOST_STATE >> 20} MB, or cut off")
    state = msgspec.json.decode(plain, type=_State)
    best = _number(state.best_block_number)
    kept = [each for each in state.blocks if best - _block_number(each) < _KEPT_BLOCKS]
    return msgspec.json.encode(
        {
            "block": state.block,
            "accounts": state.accounts,
            "best_block_number": state.best_block_number,
            "blocks": kept,
            "transactions": [],
        }
    )


def _block_number(block: msgspec.Raw) -> int:
    return _number(msgspec.json.decode(block, type=_Block).header.number)


def _number(told: int | str) -> int:
    return told if isinstance(told, int) else int(told, 16)
