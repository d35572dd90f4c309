"""`undertow anchor` is killed again and again while its chain is reorganised: each block is anchored once."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.dashboard.alerts import Filing, drain, poisoning
from tests.dashboard.outside.anchoring.anchored import Anchored, lives
from tests.fixtures.second_chain import SecondChain

pytestmark = pytest.mark.chain
START_S = 120.0
DEEPEST = 4


def command(anchored: Anchored, *more: str) -> list[str]:
    told = ("--store", anchored.url, "--rpc", anchored.second.url, "--key-file", str(anchored.purse),
            "--state", str(anchored.folder / "state"), "--from-block", "0", "--depth", "3")  # fmt: skip
    return [sys.executable, "-m", "undertow", "anchor", *told, *more]


def is_at_work(log: Path) -> bool:
    return log.exists() and "paid by" in log.read_text()


def killed_once(anchored: Anchored, dice: random.Random, log: Path) -> str:
    """Started, let alone for a moment while the chain goes on and turns, and killed; what it said."""
    with log.open("w") as out, subprocess.Popen(command(anchored), stdout=out, stderr=out) as child:
        until = time.monotonic() + START_S
        while not is_at_work(log) and child.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        for _ in range(dice.randint(0, 6)):
            time.sleep(dice.random() * 0.4)
            turns(anchored.second, dice)
        child.kill()
    return log.read_text()


def turns(second: SecondChain, dice: random.Random) -> None:
    what = dice.random()
    if what < 0.2:
        second.reorganise(dice.randint(1, DEEPEST))
    elif what < 0.3:
        second.forget_what_waits()
    else:
        second.mine()


def survives(anchored: Anchored, filing: Filing, kills: int, seed: int) -> None:
    dice, head = random.Random(seed), 60
    anchored.second.mine(2 * DEEPEST)
    key = anchored.purse.read_text().strip()
    for number in range(kills):
        head += dice.choice((0, 20, 60))
        alerts = [poisoning(head - 5)] if dice.random() < 0.5 else []
        lives(filing, head, drain(head), *alerts)
        said = killed_once(anchored, dice, anchored.folder / f"said-{number}.log")
        assert "Traceback" not in said and key not in said, said
    done = subprocess.Popen(command(anchored, "--once"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    while done.poll() is None:
        anchored.second.mine()
        time.sleep(0.2)
    said = done.communicate()[0].decode()
    assert done.returncode == 0, said
    settled(anchored, head, said)


def settled(anchored: Anchored, head: int, said: str) -> None:
    from contextlib import closing

    from dashboard.store import open_reader
    from dashboard.store.anchors import anchorings

    with closing(open_reader(anchored.url)) as reader:
        (known,) = anchorings(reader)
    anchored.address = known.contract
    ends = [(each.first, each.last) for each in anchored.on_chain()]
    assert ends == [(first, first + 49) for first in range(0, head - 10 - 48, 50)], said
    assert {row.state for row in anchored.planned()} == {"settled"}
    sent = [
        transaction
        for number in range(1, anchored.second.head + 1)
        for transaction in anchored.second.block(number)["transactions"]
    ]
    made = [each for each in sent if each["to"] is None]
    to_it = [each for each in sent if (each["to"] or "").lower() == anchored.address]
    assert (len(made), len(to_it)) == (1, len(ends)), "one contract, and one transaction a stretch"
    assert re.fullmatch("0x[0-9a-f]{40}", str(anchored.address))


def test_six_kills_with_reorganisations_anchor_each_block_once(anchored: Anchored, filing: Filing) -> None:
    survives(anchored, filing, 6, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_hundred_kills_with_reorganisations_anchor_each_block_once(
    anchored: Anchored, filing: Filing
) -> None:
    survives(anchored, filing, 100, seed=2)
