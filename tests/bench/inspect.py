"""How much `undertow inspect` finds: `python -m tests.bench.inspect` prints a table by kind, with intervals.

What is true of each contract was read out of its source. Positives and negatives are contracts of the world
and honest tokens on OpenZeppelin's code. Each is inspected as a file and at an address, deployed by
somebody else and without its interface.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.outside.inspecting.fork import forked
from dashboard.outside.inspecting.inspect import Report, Wish, examined, inspect
from dashboard.outside.inspecting.market import made_market
from dashboard.outside.inspecting.outcome import ATTACKS, POWERS, WORDS
from dashboard.outside.inspecting.stage import staged
from dashboard.outside.inspecting.subject import chosen, deployed
from detectors.evaluate.intervals import wilson
from ingest.localchain.chain.chain import origin
from ingest.localchain.chain.wallet import call_data
from ingest.machine import tools
from ingest.machine.solidity import SOURCES
from ingest.machine.untrusted_solidity import Compiled, compile_file

HERE = Path(__file__).parent / "inspected"
A_MILLION = 10**24
_TOKEN = ["Inspected", "INS", A_MILLION]


@dataclass(frozen=True, slots=True)
class Case:
    """A contract, its arguments, the kinds that are true of it. `opened`: its owner named the pool.
    `unjudged`: kinds of which its source allows both answers, by the order in which its owner does what.
    """

    file: str
    name: str
    true: frozenset[str]
    arguments: tuple[Any, ...] | None = None
    opened: bool = False
    unjudged: frozenset[str] = frozenset()


def _case(file: str, name: str, true: str = "", *arguments: Any, opened: bool = False) -> Case:
    unjudged = {"shuts-out-one"} if file == "trap" and "shuts-out-one" not in true else set()
    return Case(file, name, frozenset(true.split()), arguments, opened, frozenset(unjudged))


CASES = (
    _case("trap", "BlacklistTrap", "sell-after-buy shuts-out-one", *_TOKEN, True, opened=True),
    _case("trap", "BlacklistTrap", "shuts-out-one", *_TOKEN, False, opened=True),
    _case("trap", "TaxTrap", "sell-after-buy stops-transfers", *_TOKEN, 100, opened=True),
    _case("trap", "TaxTrap", "stops-transfers taxes", *_TOKEN, 5, opened=True),
    _case("trap", "LimitTrap", "sell-after-buy stops-transfers", *_TOKEN, 1000, opened=True),
    _case("trap", "LimitTrap", "stops-transfers", *_TOKEN, A_MILLION, opened=True),
    _case("trap", "SwitchTrap", "sell-after-buy stops-transfers", *_TOKEN, 3, opened=True),
    _case("trap", "SwitchTrap", "stops-transfers", *_TOKEN, 0, opened=True),
    _case("hidden_mint", "SilentMint", "makes-tokens", *_TOKEN),
    _case("hidden_mint", "GrowingMint", "makes-tokens", *_TOKEN),
    _case("hidden_mint", "BottomlessMint", "makes-tokens", *_TOKEN),
    _case("hidden_mint", "UnderstatedMint", "makes-tokens", *_TOKEN),
    _case("bank", "Bank", "re-entry", 0),
    _case("bank", "Bank", "re-entry", 1),
    _case("bank", "Bank", "", 2),
    _case("bank", "TokenBank", "re-entry", "@hooked", 0),
    _case("bank", "TokenBank", "", "@hooked", 1),
    _case("bank", "TokenBank", "", "@hooked", 2),
    _case("bank", "TokenBank", "", "@token", 0),
    _case("vault", "OldVault", "first-depositor", "@token", "Old", "OLD"),
    _case("vault", "Vault", "", "@token", "New", "NEW", 0),
    _case("vault", "Vault", "", "@token", "New", "NEW", 6),
    _case("allowance", "Savings", "first-depositor", "@token"),
    _case("spot", "SpotLender", "oracle-push flash-loan", "@pool", "@token", 0, 75, 80),
    _case("spot", "SpotLender", "", "@pool", "@token", 5, 75, 80),
    _case("spot", "SpotVault", "oracle-push flash-loan first-depositor", "@pool", "@token", 0),
    _case("spot", "SpotVault", "oracle-push flash-loan first-depositor", "@pool", "@token", 5),
    _case("treasury", "Treasury", "owner-drains", False),
    _case("treasury", "Treasury", "owner-drains", True),
    _case("treasury", "SignedTreasury", "owner-drains"),
    _case("treasury", "UpgradeableTreasury", "upgrade owner-drains"),
    _case("treasury", "LimitedTreasury", "upgrade owner-drains"),
    _case("token", "Token", "makes-tokens", "Token", "TOK", 18),
    _case("living", "FeeToken", "", *_TOKEN, 300),
    _case("living", "RebasingToken", "makes-tokens takes-from-holders", *_TOKEN),
    _case("campaign", "Campaign", "owner-drains", "@token", 10**18),
    _case("locker", "Locker"),
    _case("lender", "FlashLender"),
    _case("disperse", "Disperse"),
    _case("wallets", "Payroll", "owner-drains"),
    _case("wallets", "Partner", "owner-drains", 5),
    _case("honest", "PlainToken"),
    _case("honest", "PausableToken", "stops-transfers"),
    _case("honest", "CappedToken", "makes-tokens"),
    _case("honest", "TaxedToken", "taxes"),
    _case("honest", "ListedToken", "shuts-out-one"),
    _case("honest", "LaunchedToken"),
    _case("honest", "VotingToken"),
)


@contextmanager
def project() -> Iterator[Path]:
    """A folder as somebody would have it: the sources, and OpenZeppelin's package beside them."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        for file in (*SOURCES.glob("*.sol"), *HERE.glob("*.sol")):
            shutil.copyfile(file, folder / file.name)
        package = tools.npm_package("@openzeppelin/contracts")
        for file in package.rglob("*.sol"):
            target = folder / "node_modules/@openzeppelin/contracts" / file.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        yield folder


@cache
def compiled(file: Path) -> Compiled:
    return compile_file(file, file.parent)


def as_file(case: Case, folder: Path, rpc: str, wish: Wish) -> Report:
    file = folder / f"{case.file}.sol"
    every = compiled(file)
    wished = replace(wish, target=str(file), rpc=rpc, arguments=case.arguments)
    return examined(wished, (every, chosen(every, case.name, file.name)))


def at_address(case: Case, folder: Path, rpc: str, wish: Wish) -> Report:
    """Deployed on a chain of its own, with a pool where it is a token; only the address is told."""
    file = folder / f"{case.file}.sol"
    every = compiled(file)
    with forked(rpc, 600) as chain:
        stage = staged(chain, 99)
        made = deployed(chain, stage, every, chosen(every, case.name, file.name), case.arguments)
        if chain.view(made.address, "totalSupply()") and chain.held(stage.owner, made.address):
            market = made_market(chain, stage, made.address, stage.owner)
            if case.opened and market is not None:
                data = call_data("openTrading(address,address[])", market.pair, [])
                chain.send(stage.owner, made.address, data)
        return inspect(replace(wish, target=made.address, rpc=chain.wallet.url))


@dataclass(frozen=True, slots=True)
class Verdict:
    case: Case
    way: str
    report: Report

    def of(self, kind: str) -> str:
        """found, missed, false or right; empty where none is true and nothing of the kind was tried."""
        if kind in self.case.unjudged:
            return ""
        outcome = next(each for each in self.report.outcomes if each.kind == kind)
        if kind in self.case.true:
            return "found" if outcome.found else "missed"
        return "false" if outcome.found else "right" if outcome.tries else ""


def table(verdicts: Sequence[Verdict]) -> list[str]:
    """A line a kind, as Markdown; intervals are Wilson's, of 95 %."""
    lines = [
        f"| kind, as {verdicts[0].way} | found | missed | recall | false | right | false of the negatives |",
        "|---|---|---|---|---|---|---|",
    ]
    total: Counter[str] = Counter()
    for kind in (*ATTACKS, *POWERS):
        counted = Counter(each.of(kind) for each in verdicts)
        total += counted
        lines.append(_line(WORDS[kind], counted))
    return [*lines, _line("all", total)]


def _line(name: str, counted: Counter[str]) -> str:
    found, missed, false, right = (counted[each] for each in ("found", "missed", "false", "right"))
    return (
        f"| {name} | {found} | {missed} | {_share(found, found + missed)} | {false} | {right} "
        f"| {_share(false, false + right)} |"
    )


def _share(hits: int, n: int) -> str:
    if not n:
        return "none there"
    low, high = wilson(hits, n)
    return f"{hits / n:.2f} ({low:.2f} to {high:.2f})"


def judged(cases: Sequence[Case], way: str, wish: Wish) -> Iterator[Verdict]:
    """Inspects each case beside a bare local chain."""
    how = as_file if way == "file" else at_address
    with project() as folder, origin(lambda miner: None) as node:
        for case in cases:
            yield Verdict(case, way, how(case, folder, node.url, wish))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tries", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--only", help="cases whose contract's name holds one of these, by commas")
    parser.add_argument("--ways", default="file,address")
    given = parser.parse_args()
    wish = Wish("", "", seed=given.seed, tries=given.tries, seconds=given.seconds)
    parts = (given.only or "").split(",")
    cases = [each for each in CASES if any(part in each.name for part in parts)]
    verdicts: list[Verdict] = []
    begun = time.monotonic()
    for way in given.ways.split(","):
        judged_now = []
        for each in judged(cases, way, wish):
            judged_now.append(each)
            _say(each)
        verdicts += judged_now
        print("\n".join(table(judged_now)), flush=True)
    print(f"{len(verdicts)} inspections in {time.monotonic() - begun:.0f} s")


def _say(verdict: Verdict) -> None:
    kinds = {kind: verdict.of(kind) for kind in (*ATTACKS, *POWERS)}
    wrong = {kind: said for kind, said in kinds.items() if said in ("missed", "false")}
    arguments = ", ".join(str(one) for one in verdict.case.arguments or ())
    shown = f"{verdict.way} {verdict.case.name}({arguments})"
    print(f"{shown} {verdict.report.seconds:.0f} s {wrong or ''}", flush=True)
    for outcome in verdict.report.outcomes:
        if outcome.kind in wrong or "time was up" in outcome.said:
            print(f"    {outcome.line()}", flush=True)


if __name__ == "__main__":
    main()
