"""What it means that a node says no: later, too much, not here; or that a contract said it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

TOO_LARGE, CONTRACT = 1 << 62, 1 << 61
"""Codes under which is filed what was not read to its end, and what a contract said, whatever the node's own
code for it is. No node uses them: a node's codes are small, and one means different things to different ones.
"""

_REVERTED_CODE = 3
"""Under which geth, and who goes by it, files a contract's words."""

_RUN_CODE = {"eth_call", "eth_estimateGas"}
"""Methods that run a contract: what they fail with may be the contract's words."""

_VM_CODE = -32015
"""Under which OpenEthereum and Nethermind file a failed execution."""

_PATIENCE_CODES = {-32029, 429}
_LIMIT_CODE = -32005
_PATIENCE = re.compile(
    r"\brate\b|rate.?limit|per second|too many (requests|calls|concurrent)|request (count|limit)|\bcapacity\b"
    r"|\bquota\b|throttl|try again|too fast"
    r"|(daily|hourly|monthly|usage|compute units?)( \w+){0,2} (limit|cap)\b|credits? .{0,20}exhausted"
    r"|temporarily unavailable|service unavailable|overload|\bbusy\b|no (\w+ ){0,3}healthy|bad gateway"
    r"|network error|upstream|backend response|connection (refused|reset|closed)"
    r"|no available (node|server|backend)|all (nodes|backends)"
)
"""What nodes say that want to be left alone, or have no answer just now: asked later they do."""

_TOO_SLOW = re.compile(r"timed? ?out\b|deadline exceeded|took too long|gateway time|execution timeout")

_BATCH = re.compile(
    r"\bbatch\w*\b.{0,40}(not (allowed|supported|enabled)|unsupported|disabled|too|exceed|limit|more than)"
    r"|(too many|too large|more than|exceed\w*|limit|maximum|max)\b.{0,40}\bbatch"
)
"""A batch is too large for the node, or it takes none: to wait changes nothing."""

_TOO_LARGE = re.compile(
    r"(response|result|answer|batch|body|payload|message|request|size).{0,40}"
    r"(too (large|big|many)|exceed|limit)|too (large|big)|more than \d+ results"
)
_NO_METHOD = re.compile(
    r"(method|module|namespace|\b(eth|debug|trace|web3|net)_\w+|(trace|debug|archive) requests).{0,80}"
    r"(not (found|exist|available|supported|implemented|allowed|whitelisted|enabled|permitted)"
    r"|disabled|restricted|forbidden|unavailable|requires? )"
    r"|(unknown|unsupported|unimplemented) method|not (supported|implemented)|unimplemented"
    r"|not (allowed|permitted) to (access|use|call) (the )?method|upgrade (to|your)"
)
_BAD_PARAMETER = re.compile(
    r"invalid (argument|params|block (tag|number|param))|(unknown|unsupported) (block )?tag"
    r"|cannot (unmarshal|parse)|without 0x|invalid digit|strconv"
)
_NO_STATE = re.compile(
    r"missing (trie )?node|node missing|layer stale|version does not exist|no state available"
    r"|\bstate\b.{0,60}(not|un)\s?(available|found|exist)|prun|historical|archive"
)
_NOT_YET = re.compile(
    r"unknown block(?! (tag|number))|block.{0,20}not (yet )?(found|known|available)|not yet|syncing"
)

_FAILED_RUN = re.compile(
    r"(\w+: )*(the )?"
    r"((vm|evm|transaction|contract|call)[ :]+(execution|exception|error|halt|revert|fail|call)"
    r"|execution (revert|error|fail|abort|halt|exception)|revert|halt(ed)?\b"
    r"|out ?of ?gas|intrinsic gas|gas (required|uint64)|always failing"
    r"|invalid ?(opcode|jump|code|memory|operand|instruction|feopcode)|bad (instruction|jump)"
    r"|opcode ?not ?found"
    r"|(out of )?stack ?(under|over|limit)|write protection|static ?(call|state)|mutable call"
    r"|return ?data|max (code|call|initcode)|address collision|insufficient (balance|funds)|precompile"
    r"|nonce uint64|custom error|panic)"
)
"""How clients begin what they say of a contract that ran and failed: geth, Erigon, Nethermind, Besu, reth,
anvil, Hardhat, OpenEthereum. What comes after is the contract's own.
"""

_REVERTED = re.compile(r"(\b|_)revert(ed)?(\b|_)|\bexecution (revert|failed|error)|\brevert reason\b")
"""Somewhere in what was handed on by a proxy, or by a client that begins otherwise: no node reverts."""

_ERROR_SELECTORS = ("0x08c379a0", "0x4e487b71")
"""What a contract returns with a reason, and where it panics (Solidity)."""

_WRAPPERS = 3
_RETURNED = re.compile(r"(reverted )?0x[0-9a-f]*$")
_BEGINS_REVERTED = re.compile(r"\W*(vm )?(execution )?revert(ed)?\b")


class RpcError(msgspec.Struct, gc=False, frozen=True):
    """A node's "no", in its own words, or a contract's: see `spoken`."""

    code: int = 0
    message: str = ""
    data: Any = None

    @property
    def asks_for_patience(self) -> bool:
        """Hosted nodes that mean "later"; -32005 is used both for that and for answers that are too large."""
        if self.is_a_contracts or _BATCH.search(self.message.lower()):
            return False
        if self.code == _LIMIT_CODE:
            return not self.is_too_large
        return self.code in _PATIENCE_CODES or bool(_PATIENCE.search(self.message.lower()))

    @property
    def is_too_large(self) -> bool:
        text = self.message.lower()
        is_large = self.code in (TOO_LARGE, -32008) or bool(_TOO_LARGE.search(text))
        is_batch = _BATCH.search(text) is not None
        return (is_batch or (is_large and not _PATIENCE.search(text))) and not self.is_a_contracts

    @property
    def took_too_long(self) -> bool:
        """Whether the node gave up before it was done, as geth does within a batch: less may do."""
        return bool(_TOO_SLOW.search(self.message.lower())) and not self.is_a_contracts

    @property
    def is_a_contracts(self) -> bool:
        """Whether a contract ran and said no: the answer would be the same from any node."""
        return self.code == CONTRACT

    @property
    def lacks_method(self) -> bool:
        """Whether the node does not know, or does not offer, what it was asked for."""
        says_so = self.code in {-32601, -32004} or bool(_NO_METHOD.search(self.message.lower()))
        return says_so and not self.is_a_contracts

    @property
    def lacks_parameter(self) -> bool:
        """Whether the node knows the method and not what it was asked with: a block by name, or by hash."""
        says_so = self.code == -32602 or bool(_BAD_PARAMETER.search(self.message.lower()))
        return says_so and not self.is_a_contracts

    @property
    def does_not_know_yet(self) -> bool:
        """Whether the node understood, and has no answer now."""
        return _NOT_YET.search(self.message.lower()) is not None

    @property
    def lacks_state(self) -> bool:
        """Whether the node keeps the state no more that it was asked about."""
        return not self.is_a_contracts and bool(_NO_STATE.search(self.message.lower()))


def spoken(method: str, error: RpcError) -> RpcError:
    """The error, filed under `CONTRACT` where it is a contract's: its words may be chosen to look like a
    node's, and would otherwise have us wait, or ask for less, for ever.
    """
    if method not in _RUN_CODE:
        return error
    data, text = _returned(error.data), error.message.lower()
    if any(_is_a_revert(inner) for inner in _wrapped(error.data)):
        return RpcError(CONTRACT, error.message, error.data)
    is_nodes = error.code in {*_PATIENCE_CODES, _LIMIT_CODE, -32601, -32602}
    if is_nodes and not data.startswith(_ERROR_SELECTORS) and not _BEGINS_REVERTED.match(text):
        return error
    failed = _FAILED_RUN.match(text) is not None or _REVERTED.search(text) is not None
    is_contracts = error.code in (_REVERTED_CODE, _VM_CODE) or _RETURNED.match(data) is not None or failed
    return RpcError(CONTRACT, error.message, error.data) if is_contracts else error


def _wrapped(data: Any) -> Iterator[dict[str, Any]]:
    """The errors that proxies put into another one's data, whatever they call them."""
    inner = [data] if isinstance(data, dict) else []
    for _ in range(_WRAPPERS):
        yield from inner
        inner = [one for each in inner for one in each.values() if isinstance(one, dict)]


def _is_a_revert(error: Mapping[str, Any]) -> bool:
    said, data = str(error.get("message", "")).lower(), str(error.get("data", "")).lower()
    return bool(_BEGINS_REVERTED.match(said)) or data.startswith(_ERROR_SELECTORS)


def _returned(data: Any) -> str:
    """What a contract returned, where an error carries it; some proxies wrap it once more."""
    if isinstance(data, dict):
        data = data.get("data")
    return data.lower() if isinstance(data, str) else "-"
