"""One run of the drill: a chain of its own, its watch, its guard, and a second key that takes its time."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dashboard.outside.guarding.confirming import waiting
from dashboard.outside.guarding.contracts import GuardContract, LimitContract, confirming
from dashboard.outside.guarding.drill.private_chain import BOUNDS, Keys, PrivateChain, private_chain
from dashboard.outside.guarding.drill.watching import Watch, watching
from dashboard.outside.guarding.policy import Act, Policy
from dashboard.outside.guarding.running import Guardian
from dashboard.outside.guarding.scoring import Oracle
from dashboard.outside.guarding.wiring import sender_on
from dashboard.store import open_guard, open_reader
from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.chain import CHAIN_ID
from ingest.localchain.chain.contracts import call
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.sender import Sender, Wanted
from ingest.nodes.sending.speaking import Speaker

SETTLED = 2
"""Blocks after which a transaction counts as settled: nothing but the drill turns its chain."""
MOST_FEE = 500
Say = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """One chain with its watch, its guard, and who confirms after so many blocks (None: nobody)."""

    chain: PrivateChain
    watch: Watch
    guardian: Guardian
    oracle: Oracle | None
    second: Sender
    confirm_after: int | None
    guarded: bool = True
    tried: int = 0
    refused: int = 0
    paused: int = 0
    paused_at: int | None = None

    def block(self, *transactions: Transaction, honest: bool = True) -> list[bool]:
        """One block with these; then it is watched, and acted on. Which of them did what they should."""
        mine = list(transactions)
        if honest:
            saver = self.chain.savers[self.tried % len(self.chain.savers)]
            self.tried += 1
            mine.append(call(saver, self.chain.vault, "withdraw(uint256)", 1))
        mined = [each.ok for each in self.chain.mine(*mine)]
        if honest:
            self.refused += not mined[-1]
        self.look()
        return mined[: len(transactions)]

    def look(self) -> None:
        """What guard, oracle and second key do between two blocks."""
        self.watch.catch_up()
        if self.guarded:
            self.guardian.step()
        if self.oracle is not None:
            self.oracle.step()
        if self.guardian.guard.is_paused(self.chain.vault):
            self.paused += 1
            self.paused_at = self.chain.miner.head if self.paused_at is None else self.paused_at
        self._confirm()

    def _confirm(self) -> None:
        self.second.look()
        if self.confirm_after is None:
            return
        for key, held in waiting(self.guardian.node, self.guardian.guard):
            due = held.at + 12 * self.confirm_after
            delay = self.guardian.guard.bounds().resume_delay if held.kind == "resume" else 0
            if self.chain.miner.time >= max(due, held.at + delay):
                self.second.send(Wanted(f"confirm {key}", self.guardian.guard.address, confirming(key)))


@contextmanager
def a_run(
    say: Say,
    confirm_after: int | None = None,
    alone: bool = True,
    guarded: bool = True,
    limited: bool = False,
) -> Iterator[Run]:
    """All real but for the waiting: anvil, contracts, ingest, detection, store, guard, keys."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="undertow-drill-")))
        key = {name: _key(folder, name) for name in ("guardian", "confirmer", "oracle")}
        keys = Keys(*(each.address for each in key.values()))
        bounds = replace(BOUNDS, alone=alone)
        chain = opened.enter_context(private_chain(keys, bounds, guarded, limited))
        store = f"sqlite:///{folder / 'store.db'}"
        watch = opened.enter_context(watching(chain.url, CHAIN_ID, store))
        node = opened.enter_context(closing(Speaker(chain.url)))
        plans = opened.enter_context(open_guard(store))
        senders = {
            name: opened.enter_context(sender_on(node, each, folder, SETTLED, MOST_FEE))
            for name, each in key.items()
        }
        policy = _policy(chain, keys, "pause" if alone else "propose")
        guard = GuardContract(node, chain.guard)
        guardian = Guardian(plans, senders["guardian"], node, guard, policy, say, SETTLED)
        oracle = None
        if limited:
            reader = opened.enter_context(closing(open_reader(store)))
            oracle = Oracle(
                reader.guard, node, LimitContract(node, chain.limit), CHAIN_ID, chain.vault, say,
                senders["oracle"],
            )  # fmt: skip
        run = Run(chain, watch, guardian, oracle, senders["confirmer"], confirm_after, guarded)
        for _ in range(SETTLED + 2):
            run.block()
        run.refused = 0
        yield run


def _policy(chain: PrivateChain, keys: Keys, act: Act) -> Policy:
    return Policy(
        chain=CHAIN_ID, contract=chain.guard, vaults=(chain.vault,), categories=("reentrancy",),
        when="proven", act=act, severity="medium", approvers=(keys.confirmer,), pauses_a_day=2,
        max_age=600, expires=2**40,
    )  # fmt: skip


def _key(folder: Path, name: str) -> SigningKey:
    """A key of nobody, for this chain only."""
    path = folder / f"{name}.key"
    path.touch(0o600)
    path.write_text(secrets.token_hex(32))
    return SigningKey.read(path)
