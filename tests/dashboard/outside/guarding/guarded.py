"""A vault with its guard and its limit on a real chain, and the people around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dashboard.outside.guarding.contracts import (
    Bounds,
    GuardContract,
    LimitContract,
    Scale,
    guard_deployment,
    limit_deployment,
    why,
)
from dashboard.outside.guarding.policy import Policy
from dashboard.outside.guarding.running import Guardian
from dashboard.outside.guarding.wiring import sender_on
from dashboard.store import open_guard
from dashboard.store.guard_plans import Plan
from detectors.alerts.alert import Alert, Role
from ingest.localchain.chain.artifacts import PERMIT_TOKEN, Own
from ingest.localchain.chain.wallet import Address, address_of, call_data
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.speaking import Refused, Speaker
from tests.dashboard.alerts import CHAIN, GENESIS, Filing, drain, judged
from tests.fixtures.second_chain import SecondChain, key_file

BANK = Own("guarded_bank", "GuardedBank", ("address",))
OWNER, STRANGER, SAVER = (address_of(who) for who in ("owner", "stranger", "saver"))
HOUR, DAY = 3_600, 86_400
FAR = 2**40
BOUNDS = Bounds(
    pauses_a_day=2, pause_seconds=HOUR, proposal_seconds=HOUR, resume_delay=60, expires=FAR, alone=True
)
SCALE = Scale(
    least=10, most=1_000, unknown=100, window=HOUR, interval=12, lifetime=600, rise=500_000, fall=100_000
)
DEPTH = 2


@dataclass
class Guarded:
    """`guardian`, `confirmer` and `oracle` have key files; the others act as anvil lets them."""

    chain: SecondChain
    folder: Path
    bounds: Bounds = BOUNDS
    guardian: Path = field(init=False)
    confirmer: Path = field(init=False)
    oracle: Path = field(init=False)

    def __post_init__(self) -> None:
        self.chain.wallet.ask("anvil_autoImpersonateAccount", True)
        self.guardian, self.confirmer, self.oracle = (key_file(self.folder, seed) for seed in (1, 2, 3))
        keys = map(self.of, (self.guardian, self.confirmer, self.oracle))
        for who in (OWNER, STRANGER, SAVER, *keys):
            self.chain.fund(who)
        self.token = self.made(PERMIT_TOKEN.deployment("Dollar", "USD", 18))
        self.vault = self.made(BANK.deployment(self.token))
        given = (self.of(self.guardian), self.of(self.confirmer), self.vault)
        self.guard = self.made(guard_deployment(DAY, self.bounds, *given))
        self.limit = self.made(limit_deployment(SCALE, self.of(self.oracle)))

    @staticmethod
    def of(path: Path) -> Address:
        return SigningKey.read(path).address

    def made(self, data: str) -> Address:
        sent = self.sends(OWNER, None, data)
        return str(self.chain.wallet.ask("eth_getTransactionReceipt", sent)["contractAddress"]).lower()

    def sends(self, who: Address, to: Address | None, data: str) -> str:
        request = {"from": who, "data": data, "gas": hex(6_000_000)}
        sent = self.chain.wallet.ask("eth_sendTransaction", request if to is None else {**request, "to": to})
        self.chain.mine()
        return str(sent)

    def does(self, who: Address, to: Address, signature: str, *given: object) -> str:
        """What came of a call: "done", or why the contract refused."""
        data = call_data(signature, *given)
        with closing(Speaker(self.chain.url)) as node:
            try:
                node.ask("eth_call", {"from": who, "to": to, "data": data}, "latest")
            except Refused as refused:
                return why(refused)
        hashed = self.sends(who, to, data)
        assert self.chain.wallet.ask("eth_getTransactionReceipt", hashed)["status"] == "0x1"
        return "done"

    def later(self, seconds: int) -> None:
        self.chain.wallet.ask("evm_increaseTime", seconds)
        self.chain.mine()

    @property
    def now(self) -> int:
        return int(self.chain.block()["timestamp"], 16)

    @contextmanager
    def asked(self) -> Iterator[tuple[GuardContract, LimitContract]]:
        with closing(Speaker(self.chain.url)) as node:
            yield GuardContract(node, self.guard), LimitContract(node, self.limit)

    def is_paused(self) -> bool:
        with self.asked() as (guard, _):
            return guard.is_paused(self.vault)

    # A store, a policy, and the loop.

    def policy(self, **changes: object) -> Policy:
        told = Policy(
            chain=CHAIN, contract=self.guard, vaults=(self.vault,), categories=("wallet-drain",),
            when="proven", act="pause", severity="medium", approvers=(self.of(self.confirmer),),
            pauses_a_day=2, max_age=DAY, expires=FAR,
        )  # fmt: skip
        return replace(told, **changes)  # type: ignore[arg-type]

    def robbed(self, number: int = 1, **changes: Any) -> Alert:
        """Mallory robs the vault, and that is proven."""
        roles = (Role(self.vault, "victim"), Role(STRANGER, "attacker"))
        told: dict[str, Any] = {"roles": roles, "proven": True, **changes}
        return drain(number, **told)

    @contextmanager
    def loop(self, store: str, said: list[str], **policy: object) -> Iterator[Guardian]:
        """`undertow guard --send`, to be stepped by hand."""
        with ExitStack() as opened:
            plans = opened.enter_context(open_guard(store))
            node = opened.enter_context(closing(Speaker(self.chain.url)))
            key = SigningKey.read(self.guardian)
            sender = opened.enter_context(sender_on(node, key, self.folder / "state", DEPTH, 500))
            guard = GuardContract(node, self.guard)
            yield Guardian(plans, sender, node, guard, self.policy(**policy), said.append, DEPTH)

    def goes_on(self, store: str, rounds: int = 4, **policy: object) -> list[str]:
        """The loop for a few rounds, with a block after each; what it said."""
        said: list[str] = []
        with self.loop(store, said, **policy) as guardian:
            for _ in range(rounds):
                guardian.step()
                self.chain.mine()
        return said

    def plans(self, store: str) -> list[Plan]:
        with open_guard(store) as plans:
            return plans.plans(CHAIN)

    def sent_to_guard(self) -> list[dict[str, str]]:
        """Transactions of the guardian to the guard, in all blocks that stand."""
        sender = self.of(self.guardian)
        return [
            each
            for number in range(self.chain.head + 1)
            for each in self.chain.block(number)["transactions"]
            if each["from"] == sender and (each["to"] or "").lower() == self.guard
        ]


def lives(filing: Filing, head: int, *alerts: Alert) -> None:
    """The watched chain is at block `head`, as the sink files it."""
    filing.file(*alerts, blocks=(judged(head),))


__all__ = ["BOUNDS", "DAY", "GENESIS", "HOUR", "OWNER", "SAVER", "SCALE", "STRANGER", "Guarded", "lives"]
