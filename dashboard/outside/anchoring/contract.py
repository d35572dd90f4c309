"""The contract `alert_anchor.sol` as calls and answers. It holds nothing but words of 32 bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.machine.solidity import compiled
from ingest.model.errors import BadInput
from ingest.nodes.sending.contract import Contract, address_in, call_data, encoded, number_in, why_refused
from ingest.nodes.sending.speaking import Refused

_STRETCH = "(uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32)"
_WORDS = 7
_REASONS = {
    "NotTheOwner(address)": "the key is not the owner's: it may not write there",
    "NotTheHeir(address)": "the key is not that of who is to take over",
    "AnotherChain(uint64,uint64)": "the contract keeps another chain",
    "NotTheNext(uint64,uint64)": "the stretch does not begin where the last one ended",
    "EndsBeforeItBegins(uint64,uint64)": "the stretch ends before it begins",
    "AuditShrank(uint64,uint64)": "the audit has fewer rows than the last stretch said",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the contract keeps of blocks `first` to `last`: see `alert_anchor.sol`. Hashes are 32 bytes, the
    run of detection is its name in ASCII, `audit` the SHA-256 of the last of `audited` rows.
    """

    first: int
    last: int
    leaves: int
    audited: int
    root: bytes
    run: str
    audit: bytes

    def encoded(self) -> bytes:
        numbers = (self.first, self.last, self.leaves, self.audited)
        run = self.run.encode("ascii")
        if len(run) > 32:
            raise BadInput(
                f"the name of run {self.run[:40]!a} is longer than 32 letters: it cannot be anchored"
            )
        return encoded(*numbers) + self.root + run.ljust(32, b"\0") + self.audit

    @classmethod
    def decoded(cls, parts: list[bytes]) -> Stretch:
        first, last, leaves, audited = map(number_in, parts[:4])
        run = parts[5].rstrip(b"\0").decode("ascii", "backslashreplace")
        return cls(first, last, leaves, audited, parts[4], run, parts[6])


@dataclass(frozen=True, slots=True)
class Standing:
    """How many stretches there are in a block, where the next one begins, and the last one there is."""

    count: int
    following: int
    newest: Stretch | None
    block: object


def deployment(watched: int, first: int) -> str:
    """Data of the transaction that makes a contract for a chain, beginning at block `first`."""
    return compiled("alert_anchor")["AlertAnchor"] + encoded(watched, first).hex()


def anchoring(watched: int, stretch: Stretch) -> str:
    """Call data that adds a stretch."""
    return call_data(f"anchor(uint64,{_STRETCH})", encoded(watched) + stretch.encoded())


def reason(refusal: Refused) -> str:
    """Why the contract refused, in words; those of the node where it was not the contract."""
    return why_refused(refusal, _REASONS)


class AnchorContract(Contract):
    """The contract of one watched chain."""

    def check(self, watched: int) -> None:
        """Raises BadInput where it is none of ours, or keeps another chain."""
        kept = self.watched()
        if kept != watched:
            raise BadInput(
                f"the contract {self.address} keeps chain {kept}, not {watched}: name another --contract"
            )

    def watched(self) -> int:
        return self._number("watched()")

    def next(self) -> int:
        """The first block of the next stretch."""
        return self._number("next()")

    def owner(self) -> str:
        return address_in(self._words("owner()", b"", 1)[0])

    def count(self) -> int:
        return self._number("count()")

    def stretch(self, number: int) -> Stretch:
        """Stretch `number`, from 0. Raises BadInput where there is none."""
        return Stretch.decoded(self._words("stretches(uint256)", encoded(number), _WORDS))

    def at_one_block(self) -> Standing:
        """What the contract says in the newest block, all in that one: between two questions the chain may
        go on, or turn. Raises Refused where the node has lost that block meanwhile: to be asked again.
        """
        block = self._node.newest_hash()
        count = self._number_at("count()", block)
        newest = None
        if count:
            newest = self.stretch_at(count - 1, block)
        return Standing(count, self._number_at("next()", block), newest, block)

    def stretch_at(self, number: int, block: object) -> Stretch:
        """Stretch `number` as it is in a block. Raises Refused where the node has lost it."""
        return Stretch.decoded(self._answer("stretches(uint256)", encoded(number), _WORDS, block))

    def holding(self, first: int) -> Stretch | None:
        """The stretch that block `first` lies in; None where none is anchored yet."""
        low, high = 0, self.count()
        while low < high:
            middle = (low + high) // 2
            found = self.stretch(middle)
            if found.first <= first <= found.last:
                return found
            low, high = (middle + 1, high) if found.last < first else (low, middle)
        return None

    def following(self, last: int) -> Iterator[Stretch]:
        """The stretches that begin above block `last`, oldest first."""
        low, high = 0, self.count()
        end = high
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.stretch(middle).first > last else (middle + 1, high)
        yield from map(self.stretch, range(low, end))

    def _number_at(self, signature: str, block: object) -> int:
        return number_in(self._answer(signature, b"", 1, block)[0])
