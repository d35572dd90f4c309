"""The drill's runs, each on a chain of its own: what the thief got, and how long the vault was paused."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.outside.guarding import choosing
from dashboard.outside.guarding.alerts import alert_in
from dashboard.outside.guarding.drill.one_run import Run, a_run
from dashboard.outside.guarding.drill.private_chain import BOUNDS, DEPTH, HELD, PrivateChain, strike
from ingest.localchain.chain.miner import BLOCK_SECONDS, Miner

LONGEST = 60
"""Blocks of a run at most, after the theft."""
STAKES = (1, 10**6, 10**12, 10**15, 10**18, 10**21)
"""Token units that are tried to force a pause with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run. `struck` of so many strikes did what they should; `lost` in token units of `HELD`; blocks from
    the first harm to the pause (None: it never was), and for how many blocks the vault was paused.
    """

    name: str
    struck: int
    strikes: int
    lost: int
    until_pause: int | None
    paused: int
    refused: int
    """Honest withdrawals that a pause or a limit refused; one was tried in each block."""


@dataclass(frozen=True, slots=True)
class Price:
    """The cheapest pause that was forced: what the thief put in, in token units, and got back twice; his gas
    and fees in wei, with the making of his weapon; how many raids were tried up to it.
    """

    stake: int
    gas: int
    wei: int
    tries: int


@dataclass(frozen=True, slots=True)
class Drill:
    rows: tuple[Row, ...]
    price: Price | None


def theft(run: Run, name: str, strikes: int) -> Row:
    """The vault is emptied in so many strikes, one a block, until one fails; the run ends with the pause."""
    chain = run.chain
    thief, raider = chain.raider()
    stake = HELD // strikes // (DEPTH - 1)
    chain.mine(*chain.equip(thief, raider, stake))
    run.look()
    before, first, struck = chain.held(), chain.miner.head + 1, 0
    for number in range(strikes):
        (landed,) = run.block(strike(thief, raider, min(stake, _left(chain, strikes, number))))
        if not landed:
            break
        struck += 1
    lost = before - chain.held()
    _wait_out(run)
    until = None if run.paused_at is None else run.paused_at - first
    return Row(name, struck, strikes, lost, until, run.paused, run.refused)


def _left(chain: PrivateChain, strikes: int, number: int) -> int:
    """What is left is divided among the strikes that are left: honest savers take some meanwhile."""
    return chain.held() // (strikes - number) // (DEPTH - 1)


def _wait_out(run: Run) -> None:
    """Until a pause has ended; where there is no guard for as long as one lasts."""
    least = 0 if run.guarded else BOUNDS.pause_seconds // BLOCK_SECONDS
    for number in range(LONGEST):
        run.block()
        is_over = not run.guardian.guard.is_paused(run.chain.vault) and run.guardian.is_idle()
        if is_over and number + 1 >= least:
            return


def false_alarm(run: Run, name: str, depth: int) -> Row:
    """A strike whose block leaves the chain: its alert is retracted, and the guard's pause undone."""
    chain = run.chain
    thief, raider = chain.raider()
    stake = HELD // 10 // (DEPTH - 1)
    chain.mine(*chain.equip(thief, raider, stake))
    run.look()
    before = chain.held()
    run.block(strike(thief, raider, stake))
    for _ in range(depth - 1):
        run.block()
    chain.miner.wallet.ask("anvil_reorg", depth, [])
    chain.miner = Miner.start(chain.url)
    run.paused, run.refused = 0, 0
    run.look()
    _wait_out(run)
    return Row(name, 0, 1, before - chain.held(), None, run.paused, run.refused)


def cheapest(run: Run) -> Price | None:
    """The smallest raid, of ever larger ones, for which the policy would pause the vault."""
    chain = run.chain
    for tries, stake in enumerate(STAKES, 1):
        thief, raider = chain.raider()
        made = [chain.miner.head]
        chain.mine(*chain.equip(thief, raider, stake))
        run.block(strike(thief, raider, stake, depth=2), honest=False)
        made += [chain.miner.head - 1, chain.miner.head]
        gas, wei = _spent(chain, thief, made)
        if _would_pause(run):
            return Price(stake, gas, wei, tries)
    return None


def _would_pause(run: Run) -> bool:
    plans, policy = run.guardian.plans, run.guardian.policy
    judged = plans.judged(policy.chain)
    if judged is None:
        return False
    named = plans.naming(policy.chain, policy.vaults, 0)
    found = (alert_in(each.record, policy.chain, each.alert_id) for each in named)
    return any(choosing.verdict(policy, alert, judged).answer == "act" for alert in found)


def _spent(chain: PrivateChain, thief: str, blocks: list[int]) -> tuple[int, int]:
    """Gas and wei of a thief's transactions in some blocks."""
    gas = wei = 0
    for number in blocks:
        for receipt in chain.miner.wallet.ask("eth_getBlockReceipts", hex(number)):
            if receipt["from"].lower() == thief:
                used = int(receipt["gasUsed"], 16)
                gas, wei = gas + used, wei + used * int(receipt["effectiveGasPrice"], 16)
    return gas, wei


def run_all(strikes: int, confirm_after: int, depth: int) -> Drill:
    """Every run of the drill, in the order of its table."""
    rows: list[Row] = []
    with a_run(_quiet, guarded=False) as run:
        rows.append(theft(run, "no guard", strikes))
    with a_run(_quiet) as run:
        rows.append(theft(run, "guard, one key", strikes))
    with a_run(_quiet, confirm_after, alone=False) as run:
        rows.append(theft(run, f"guard, second key after {confirm_after} blocks", strikes))
    with a_run(_quiet, None, alone=False) as run:
        rows.append(theft(run, "guard, nobody confirms", strikes))
    with a_run(_quiet, guarded=False, limited=True) as run:
        rows.append(theft(run, "limit that follows the score, no guard", strikes))
    with a_run(_quiet) as run:
        rows.append(theft(run, "guard, one key, all in one strike", 1))
    with a_run(_quiet, confirm_after) as run:
        rows.append(false_alarm(run, f"false alarm, resumed after {confirm_after} blocks", depth))
    with a_run(_quiet, None) as run:
        rows.append(false_alarm(run, "false alarm, nobody confirms resuming", depth))
    with a_run(_quiet, guarded=False) as run:
        price = cheapest(run)
    return Drill(tuple(rows), price)


def _quiet(_line: str) -> None:
    """Says nothing: the table does."""
