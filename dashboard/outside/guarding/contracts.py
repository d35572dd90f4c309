"""The contracts `guard.sol` and `risk_limit.sol` as calls and answers."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Literal, TypeVar

from dashboard.store.guard_plans import Kind
from ingest.blocks.trie import keccak
from ingest.machine.solidity import compiled
from ingest.model.errors import BadInput
from ingest.nodes.sending.contract import Contract, address_in, call_data, encoded, number_in, why_refused
from ingest.nodes.sending.speaking import Refused

State = Literal["unknown", "proposed", "done", "withdrawn"]
Role = Literal["none", "guardian", "confirmer"]
ROLES: tuple[Role, ...] = ("none", "guardian", "confirmer")
STATES: tuple[State, ...] = ("unknown", "proposed", "done", "withdrawn")
KINDS: tuple[Kind, ...] = ("pause", "resume")
WORST = 1_000_000
"""The highest score: parts of a million."""

_Name = TypeVar("_Name", bound=str)
_REASONS = {
    "NotTheOwner(address)": "the key is not the owner's",
    "NotTheHeir(address)": "the key is not that of who is to take over",
    "NotAGuardian(address)": "the key is no guardian's: it may propose nothing",
    "NotAConfirmer(address)": "the key is no confirmer's: it may confirm nothing",
    "NotThroughTheTimeLock(address)": "that goes through the time lock only",
    "NotScheduled(bytes32)": "that change was not scheduled",
    "TooSoon(uint64)": "it is too soon for that",
    "TooLate(uint64)": "it is too late for that",
    "BadBounds()": "the guard takes no such bounds",
    "Expired(uint64)": "the guard's own time is over: its owner has to renew it",
    "NotGuarded(address)": "the vault is none of the guard's",
    "NeedsASecondKey()": "that needs a second key",
    "KnownAlready(bytes32)": "the same was proposed before",
    "NotProposed(bytes32)": "no such proposal is open",
    "PausedAlready(address)": "the vault is paused already",
    "NotPaused(address)": "the vault is not paused",
    "CapUsedUp(uint32)": "the guard has paused as often as it may in 24 hours",
    "NotTheOracle(address)": "the key is not that of the limit's oracle",
    "AboveTheWorst(uint32)": "no score is that high",
    "TooFar(uint32,uint32)": "the score would move further than it may at once",
    "BadScale()": "the limit takes no such scale",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a guard may do at most, as `guard.sol` says it: seconds of block time, `expires` seconds UTC."""

    pauses_a_day: int
    pause_seconds: int
    proposal_seconds: int
    resume_delay: int
    expires: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """The bounds of a limit, as `risk_limit.sol` says them: units of what the vault keeps, seconds, and parts
    of a million of score.
    """

    least: int
    most: int
    unknown: int
    window: int
    interval: int
    lifetime: int
    rise: int
    fall: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """As the contract holds it; `at` is seconds UTC of block time, `by` whose proposal it is."""

    vault: str
    kind: Kind
    state: State
    by: str
    at: int
    reason: str


def guard_deployment(delay: int, bounds: Bounds, guardian: str, confirmer: str, vault: str) -> str:
    """Data of the transaction that makes a guard; `delay` of its time lock in seconds."""
    given = encoded(delay, *astuple(bounds)) + b"".join(map(_address, (guardian, confirmer, vault)))
    return compiled("guard")["Guard"] + given.hex()


def limit_deployment(scale: Scale, oracle: str) -> str:
    return compiled("risk_limit")["RiskLimit"] + (encoded(*astuple(scale)) + _address(oracle)).hex()


def proposing(kind: Kind, vault: str, reason: str) -> str:
    given = encoded(KINDS.index(kind)) + _address(vault) + _hash(reason)
    return call_data("propose(uint8,address,bytes32)", given)


def pausing(vault: str, reason: str) -> str:
    return call_data("pause(address,bytes32)", _address(vault) + _hash(reason))


def confirming(key: str) -> str:
    return call_data("confirm(bytes32)", _hash(key))


def writing(score: int) -> str:
    return call_data("write(uint32)", encoded(score))


def key_of(kind: Kind, vault: str, reason: str) -> str:
    """By which the contract knows a proposal."""
    return "0x" + keccak(encoded(KINDS.index(kind)) + _address(vault) + _hash(reason)).hex()


def reason_of(chain_id: int, alert_id: str, time: int) -> str:
    """What a contract is told of an alert: a hash of its name, and how often it was acted on before."""
    return "0x" + keccak(f"undertow|{chain_id}|{alert_id}|{time}".encode()).hex()


def why(refusal: Refused) -> str:
    """Why a contract refused, in words; those of the node where it was not the contract."""
    return why_refused(refusal, _REASONS)


class GuardContract(Contract):
    """A guard."""

    def bounds(self) -> Bounds:
        a_day, pause, proposal, delay, expires, alone = map(number_in, self._words("bounds()", b"", 6))
        return Bounds(a_day, pause, proposal, delay, expires, bool(alone))

    def role(self, who: str) -> Role:
        return _named(ROLES, self._number("roleOf(address)", _address(who)))

    def guards(self, vault: str) -> bool:
        return bool(self._number("guarded(address)", _address(vault)))

    def is_paused(self, vault: str) -> bool:
        return bool(self._number("isPaused(address)", _address(vault)))

    def recent_pauses(self) -> int:
        """Of the last 24 hours."""
        return self._number("recentPauses()")

    def proposal(self, key: str, block: object = "latest") -> Proposal:
        vault, kind, state, by, at, reason = self._words("proposal(bytes32)", _hash(key), 6, block)
        return Proposal(
            vault=address_in(vault),
            kind=_named(KINDS, number_in(kind)),
            state=_named(STATES, number_in(state)),
            by=address_in(by),
            at=number_in(at),
            reason="0x" + reason.hex(),
        )

    def all_keys(self) -> list[str]:
        """Of every proposal there ever was, oldest first."""
        count = self._number("count()")
        return ["0x" + self._words("keyAt(uint256)", encoded(n), 1)[0].hex() for n in range(count)]


class LimitContract(Contract):
    """A limit on withdrawals."""

    def scale(self) -> Scale:
        return Scale(*map(number_in, self._words("scale()", b"", 8)))

    def oracle(self) -> str:
        return address_in(self._words("oracle()", b"", 1)[0])

    def score(self) -> int:
        return self._number("score()")

    def scored_at(self) -> int:
        return self._number("scoredAt()")

    def limit(self) -> int:
        return self._number("limit()")


def _named(names: tuple[_Name, ...], number: int) -> _Name:
    if number >= len(names):
        raise BadInput("the contract answers what undertow's never would: check its address")
    return names[number]


def _address(text: str) -> bytes:
    return bytes.fromhex(text[2:]).rjust(32, b"\0")


def _hash(text: str) -> bytes:
    return bytes.fromhex(text[2:])
