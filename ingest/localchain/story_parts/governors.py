"""Councils: holders of a token vote on what becomes of a treasury (OpenZeppelin's Governor and timelock)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.blocks.trie import keccak
from ingest.localchain.chain.actions import TOKEN_GAS, ZERO, Asset, Transaction, pay
from ingest.localchain.chain.contracts import CALL_GAS, call, create
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address, call_data, created_address
from ingest.localchain.story_parts.funding import fund
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.governance import COUNCIL, HASTY_COUNCIL, SUPPLY, TIMELOCK, VOTE_TOKEN
from ingest.localchain.world.stage import ETHER, Acts, Stage, sleep, wait

AGAINST, FOR = 0, 1

_PERIOD_BLOCKS = 6
_DEPLOY_GAS = 9_000_000


@dataclass(frozen=True, slots=True)
class Council:
    """`keeper` has the treasury: a timelock of `lock` seconds; or the governor itself, which has none.

    `by_time`: whether the vote lasts `period` seconds instead of blocks. `members` hold tokens, the `founder`
    has the rest; the `guardian` may cancel what lies in the timelock.
    """

    token: Address
    governor: Address
    keeper: Address
    founder: Address
    guardian: Address
    members: tuple[Address, ...]
    delay: int
    period: int
    lock: int
    by_time: bool

    @property
    def votes(self) -> Asset:
        """The token as an asset: worth nothing outside."""
        return Asset("VOTE", self.token, 0)


@dataclass(frozen=True, slots=True)
class Motion:
    """What a proposal would have the keeper do: calls of `targets` with `values` in wei and `data`."""

    governor: Address
    targets: tuple[Address, ...]
    values: tuple[int, ...]
    data: tuple[bytes, ...]
    text: str

    def propose(self, proposer: Address) -> Transaction:
        signature = "propose(address[],uint256[],bytes[],string)"
        return call(proposer, self.governor, signature, *self._calls, self.text)

    def queue(self, anybody: Address) -> Transaction:
        """Into the timelock, once it has been voted for."""
        return call(anybody, self.governor, "queue(address[],uint256[],bytes[],bytes32)", *self._hashed)

    def execute(self, anybody: Address) -> Transaction:
        signature = "execute(address[],uint256[],bytes[],bytes32)"
        return call(anybody, self.governor, signature, *self._hashed, gas=3 * CALL_GAS)

    def id(self, miner: Miner) -> int:
        """The proposal's number, as the governor makes it."""
        signature = "hashProposal(address[],uint256[],bytes[],bytes32)"
        return miner.number(self.governor, signature, *self._hashed)

    def cancel(self, miner: Miner, council: Council) -> Transaction:
        """The guardian takes it out of the timelock."""
        signature = "hashOperationBatch(address[],uint256[],bytes[],bytes32,bytes32)"
        calls, why = self._calls, keccak(self.text.encode())
        operation = miner.ask(council.keeper, signature, *calls, bytes(32), why)
        return call(council.guardian, council.keeper, "cancel(bytes32)", operation)

    @property
    def _calls(self) -> tuple[Sequence[Address], Sequence[int], Sequence[bytes]]:
        return self.targets, self.values, self.data

    @property
    def _hashed(self) -> tuple[Sequence[Address], Sequence[int], Sequence[bytes], bytes]:
        return *self._calls, keccak(self.text.encode())


def motion(governor: Address, payments: Sequence[tuple[Asset, Address, int]], text: str) -> Motion:
    """That the keeper pays so much of each asset to an address."""
    targets, values, data = [], [], []
    for asset, to, amount in payments:
        targets.append(asset.address or to)
        values.append(0 if asset.address else amount)
        transfer = call_data("transfer(address,uint256)", to, amount)
        data.append(bytes.fromhex(transfer[2:]) if asset.address else b"")
    return Motion(governor, tuple(targets), tuple(values), tuple(data), text)


def give(votes: Asset, owner: Address, to: Address, amount: int) -> Transaction:
    """Tokens that vote; the votes of those who have delegated move along, which takes gas."""
    return replace(pay(votes, owner, to, amount), gas=3 * TOKEN_GAS)


def delegate(token: Address, holder: Address, to: Address) -> Transaction:
    """The holder's votes are cast by `to` from now on; nobody's are counted who has never done this."""
    return call(holder, token, "delegate(address)", to, gas=3 * TOKEN_GAS)


def vote(governor: Address, voter: Address, proposal: int, side: int) -> Transaction:
    return call(voter, governor, "castVote(uint256,uint8)", proposal, side, gas=3 * TOKEN_GAS)


def convene(stage: Stage, members: int, has_timelock: bool, by_time: bool) -> Acts:
    """A new council: a third to two thirds of its tokens are with members, most of whom can vote.

    The rest is still the founder's. Nobody has filled its treasury yet.
    """
    founder, guardian = stage.fresh(), stage.dormant(ETHER // 2)
    yield from fund(stage, founder, stage.ether(60, 120))
    people = tuple(stage.dormant(ETHER // 3) for _ in range(members))
    token, second, third = (created_address(founder, stage.miner.nonce(founder) + n) for n in range(3))
    keeper, governor = (second, third) if has_timelock else (second, second)
    delay = 24 if by_time else stage.rng.randint(1, 2)
    period = stage.rng.randint(1, 4) * DAY if by_time else _PERIOD_BLOCKS
    lock = stage.rng.randint(1, 3) * DAY if has_timelock else 0
    council = Council(token, governor, keeper, founder, guardian, people, delay, period, lock, by_time)
    yield [create(founder, VOTE_TOKEN, "Council Vote", "VOTE", SUPPLY, by_time)]
    yield _code(council, quorum_percent=stage.rng.randint(1, 4))
    can_vote = [delegate(token, person, person) for person in people if stage.rng.random() < 0.7]
    yield [*_shares(stage, council), *can_vote]
    return council


def _code(council: Council, quorum_percent: int) -> list[Transaction]:
    """The governor, with its timelock where it has one. What was decided, anybody may carry out."""
    founder, rules = council.founder, (council.delay, council.period, quorum_percent)
    if not council.lock:
        return [create(founder, HASTY_COUNCIL, council.token, *rules, gas=_DEPLOY_GAS)]
    return [
        create(founder, TIMELOCK, council.lock, [council.governor, council.guardian], [ZERO], ZERO),
        create(founder, COUNCIL, council.token, council.keeper, *rules, gas=_DEPLOY_GAS),
    ]


def _shares(stage: Stage, council: Council) -> list[Transaction]:
    """What members get: heavy-tailed."""
    out = int(SUPPLY * stage.rng.uniform(0.33, 0.66))
    weights = [int(10**6 * stage.rng.paretovariate(1.3)) for _ in council.members]
    parts = (out * weight // sum(weights) for weight in weights)
    return [
        give(council.votes, council.founder, member, part)
        for member, part in zip(council.members, parts, strict=True)
    ]


def until_open(council: Council) -> Acts:
    """Lets the blocks between a proposal and its vote pass."""
    yield from wait(council.delay // 12 if council.by_time else council.delay)


def until_decided(stage: Stage, council: Council) -> Acts:
    """Lets the time of the vote pass: blocks, or days."""
    if council.by_time:
        yield from sleep(stage, council.period)
    else:
        yield from wait(council.period)


def until_unlocked(stage: Stage, council: Council) -> Acts:
    """Lets the timelock's days pass."""
    if council.lock:
        yield from sleep(stage, council.lock)
