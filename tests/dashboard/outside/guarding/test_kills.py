"""`undertow guard` is killed again and again while its chain is reorganised: each pause is sent once or not
at all, and what became of it is said.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.store import open_reader
from dashboard.store.guard_plans import OPEN
from tests.dashboard.alerts import CHAIN, Filing
from tests.dashboard.outside.guarding.guarded import BOUNDS, Guarded, lives
from tests.dashboard.outside.guarding.test_guarding import audit
from tests.fixtures.second_chain import SecondChain, second_chain

pytestmark = pytest.mark.chain
START_S = 120.0
DEEPEST = 3
PAUSE_S = 40


def policy_file(guarded: Guarded) -> Path:
    path = guarded.folder / "guard.toml"
    path.write_text(
        f'chain = {CHAIN}\ncontract = "{guarded.guard}"\nvaults = ["{guarded.vault}"]\n'
        'categories = ["wallet-drain"]\nact = "pause"\npauses_a_day = 24\nmax_age = "1d"\n'
        "expires = 2100-01-01T00:00:00Z\n"
    )
    return path


def command(guarded: Guarded, store: str, *more: str) -> list[str]:
    told = ("--policy", str(policy_file(guarded)), "--store", store, "--rpc", guarded.chain.url)
    key = ("--key-file", str(guarded.guardian), "--state", str(guarded.folder / "state"))
    return [sys.executable, "-m", "undertow", "guard", *told, *key, "--send", "--depth", "3", *more]


def killed_once(guarded: Guarded, store: str, dice: random.Random, log: Path) -> str:
    """Started, let alone for a moment while the chain goes on and turns, and killed; what it said."""
    with log.open("w") as out, subprocess.Popen(command(guarded, store), stdout=out, stderr=out) as child:
        until = time.monotonic() + START_S
        while "vaults on chain" not in log.read_text() and child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        for _ in range(dice.randint(0, 6)):
            time.sleep(dice.random() * 0.3)
            turns(guarded.chain, dice)
        child.kill()
    return log.read_text()


def turns(chain: SecondChain, dice: random.Random) -> None:
    what = dice.random()
    if what < 0.25:
        chain.reorganise(dice.randint(1, DEEPEST))
    elif what < 0.35:
        chain.forget_what_waits()
    else:
        chain.mine()


def survives(guarded: Guarded, filing: Filing, store: str, kills: int, seed: int) -> None:
    dice, said, secret = random.Random(seed), "", guarded.guardian.read_text().strip()
    for number in range(kills):
        if number % 2 == 0:  # every second one only goes on with what the one before left
            lives(filing, 10 * number + 11, guarded.robbed(10 * number + 10))
        said += killed_once(guarded, store, dice, guarded.folder / f"said-{number}.log")
        guarded.later(PAUSE_S // 2)
    done = subprocess.Popen(
        command(guarded, store, "--once"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    while done.poll() is None:
        guarded.chain.mine()
        time.sleep(0.2)
    said += done.communicate()[0].decode()
    assert done.returncode == 0, said
    assert "Traceback" not in said and secret not in said, said
    adds_up(guarded, store, said)


def adds_up(guarded: Guarded, store: str, said: str) -> None:
    """Between plans, what was said, the audit, and what is on the chain."""
    plans, sent = guarded.plans(store), guarded.sent_to_guard()
    assert plans and not [plan for plan in plans if plan.state in OPEN], said
    for plan in plans:
        of_it = [each for each in sent if plan.reason[2:] in each["input"]]
        assert len(of_it) <= 1, "at most once"
        assert len(of_it) == 1 if plan.state == "done" else plan.state in ("dropped", "refused"), plan
        states = [json.loads(row["change"])["state"] for row in audit(store) if about(row) == plan.number]
        assert states[0] == "planned" and states[-1] == plan.state and states.count(plan.state) == 1, states
        assert f": {plan.state}" in said
    assert len(sent) <= len(plans)
    with guarded.asked() as (guard, _):
        kept = [guard.proposal(key).reason for key in guard.all_keys()]
    assert sorted(kept) == sorted(plan.reason for plan in plans if plan.state == "done")
    with closing(open_reader(store)) as reader:
        assert reader.cases.checked().rows >= 2 * len(plans)


def about(row: dict[str, str]) -> int:
    """The plan of a row of the audit."""
    return int(json.loads(row["change"])["number"])


def made(chain: SecondChain, folder: Path) -> Guarded:
    chain.mine(5)
    found = Guarded(chain, folder, replace(BOUNDS, pauses_a_day=24, pause_seconds=PAUSE_S))
    chain.mine(2 * DEEPEST + 5)
    return found


def test_two_kills_with_reorganisations_pause_once_or_not_at_all(
    filing: Filing, sqlite_url: str, tmp_path: Path
) -> None:
    with second_chain(CHAIN) as chain:
        survives(made(chain, tmp_path), filing, sqlite_url, 2, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_forty_kills_with_reorganisations_pause_once_or_not_at_all(
    filing: Filing, sqlite_url: str, tmp_path: Path
) -> None:
    with second_chain(CHAIN) as chain:
        survives(made(chain, tmp_path), filing, sqlite_url, 40, seed=2)
