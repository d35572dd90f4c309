"""Two real chains with a bridge between them: what was played on both is told alike by who follows and who
backfills, and the thefts are found, and nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.registry import detectors
from ingest.facts.bridge_files import read_bridge
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.live.wiring import FollowSettings, follow
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Wallet, call_data, constructor_data, created_address
from ingest.model.batch import Batch, concat
from ingest.model.errors import BadInput
from tests.fixtures.bridges import codes, write
from tests.fixtures.frames import address
from tests.fixtures.log import replay

pytestmark = [pytest.mark.chain]

OTHER_CHAIN = 77
ETHER = 10**18


def who(name: str) -> str:
    return "0x" + address(name).hex()


@dataclass
class Harbourside:
    """One side: a chain with a coin and its bridge; every verb mines a block, at a time of its own."""

    url: str
    wallet: Wallet
    now: int
    bridge: str = ""
    coin: str = ""

    def opens(self) -> Harbourside:
        """Deploys the bridge, then its coin."""
        self.bridge = created_address(who("builder"), 0)
        self.coin = created_address(who("builder"), 1)
        self._send("builder", None, codes()["Harbour"])
        types, given = ["address", "string", "string", "uint8"], [self.bridge, "Harbour Coin", "HBR", 18]
        return self._send("builder", None, constructor_data(codes()["Coin"], types, given))

    def calls(self, person: str, signature: str, *arguments: object, at: int = 0) -> Harbourside:
        """The bridge, with the coin first."""
        return self._send(person, self.bridge, call_data(signature, self.coin, *arguments), at)

    def rests(self, seconds: int) -> Harbourside:
        return self._send("passer-by", who("shop"), "0x", self.now + seconds)

    def _send(self, person: str, to: str | None, data: str, at: int = 0) -> Harbourside:
        self.now = max(at, self.now + 1)
        transaction = {"from": who(person), "data": data, "gas": hex(2_000_000)}
        self.wallet.ask("anvil_setBalance", who(person), hex(1000 * ETHER))
        self.wallet.ask("eth_sendTransaction", transaction | ({"to": to} if to else {}))
        self.wallet.ask("evm_setNextBlockTimestamp", hex(self.now))
        self.wallet.ask("anvil_mine", "0x1")
        block = self.wallet.ask("eth_getBlockByNumber", "latest", False)
        receipt = self.wallet.ask("eth_getTransactionReceipt", block["transactions"][0])
        assert receipt["status"] == "0x1", f"{person} failed"
        return self

    @property
    def head(self) -> int:
        return int(self.wallet.ask("eth_blockNumber"), 16)


@pytest.fixture
def sides(origin_rpc: str, fresh_chain_id: int) -> Iterator[tuple[Harbourside, Harbourside]]:
    """This side and the other, an hour after whatever was before."""
    with fork(origin_rpc, chain_id=fresh_chain_id) as own, fork(origin_rpc, chain_id=OTHER_CHAIN) as other:
        found = []
        for node in (own, other):
            wallet = Wallet.connect(node.url)
            wallet.ask("anvil_autoImpersonateAccount", True)
            wallet.ask("evm_setAutomine", False)
            head = wallet.ask("eth_getBlockByNumber", "latest", False)
            found.append(Harbourside(node.url, wallet, int(head["timestamp"], 16) + 3_600))
        yield found[0], found[1]


def play(here: Harbourside, there: Harbourside) -> int:
    """Alice and bob cross, one late; mallory's lock moved nothing, oscar's mint had none, trudy's pays twice.
    Returns the first block here.
    """
    first = here.head + 1
    start = max(here.opens().now, there.opens().now)
    there.calls("builder", "issue(address,address,uint256)", who("alice"), 500, at=start)
    there.calls("builder", "issue(address,address,uint256)", who("bob"), 70)
    there.calls("builder", "issue(address,address,uint256)", who("trudy"), 30)
    there.calls("alice", "lock(address,uint256,uint256)", 1, 500, at=start + 100)
    there.calls("mallory", "lockNothing(address,uint256,uint256)", 2, 900)
    there.calls("bob", "lock(address,uint256,uint256)", 3, 70)
    there.calls("trudy", "lock(address,uint256,uint256)", 4, 30)
    mint = "mint(address,uint256,address,uint256)"
    here.calls("relayer", mint, 1, who("alice"), 500, at=start + 110)
    here.calls("relayer", mint, 2, who("mallory"), 900, at=start + 120)
    here.calls("oscar", mint, 99, who("oscar"), 5_000)
    here.calls("relayer", mint, 4, who("trudy"), 30)
    here.calls("relayer", mint, 4, who("trudy"), 30)
    here.calls("alice", "burn(address,uint256,uint256)", 1, 200)
    there.calls("relayer", "release(address,uint256,address,uint256)", 1, who("alice"), 200, at=start + 200)
    here.rests(200).rests(100)
    here.calls("relayer", mint, 3, who("bob"), 70, at=start + 900)
    here.rests(60)
    there.rests(2_000)
    return first


def raised(batch: Batch) -> dict[str, str]:
    """Whom alerts of bridges name as paid, and why."""
    own = [each for each in detectors() if each.name == "bridge-mismatch"]
    engine = Engine(batch.chain_id, own, follows=False, keep_all=True)
    engine.take(batch)
    assert not engine.state.off
    alerts: list[Alert] = list(engine.standing())
    return {alert.subject_id: str(alert.measured["why"]) for alert in alerts}


THEFTS = {
    who("mallory"): "deposit moved nothing like it",
    who("oscar"): "nothing went in",
    who("trudy"): "claimed before",
}


@pytest.mark.broker
def test_both_readers_tell_alike_and_the_thefts_are_found(
    sides: tuple[Harbourside, Harbourside], kafka: str, tmp_path: Path, fresh_chain_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("ingest.lake.archive.FINALITY", 0)
    here, there = sides
    first = play(here, there)
    file = write(
        tmp_path, rpc=there.url, chain_id=OTHER_CHAIN, here=bytes.fromhex(here.bridge[2:]),
        there=bytes.fromhex(there.bridge[2:]), coin=bytes.fromhex(there.coin[2:]),
        wrapped=bytes.fromhex(here.coin[2:]), wait_seconds=20,
    )  # fmt: skip
    bridge = read_bridge(file)

    settings = FollowSettings(first, until_block=here.head, bridges=(bridge,))
    lines: list[str] = []
    stop = threading.Event()
    follow(here.url, kafka, fresh_chain_id, settings, tmp_path / "beside", stop, lines.append)
    live = replay(kafka, fresh_chain_id).batch()

    def filled() -> Batch:
        wanted = BackfillSettings(first, here.head, workers=1, bridges=(bridge,))
        ended = threading.Event()
        backfill(here.url, None, wanted, tmp_path / "filled", ended, lines.append, lambda _progress: None)
        return concat(list(Lake.open(tmp_path / "filled").batches(fresh_chain_id)))

    told = live.messages
    kinds = told.group_by("side", "kind").len().sort("side", "kind").rows()
    assert kinds == [("here", "burn", 1), ("here", "mint", 6), ("there", "lock", 4), ("there", "release", 1)]
    assert told.filter(pl.col("nonce").is_null()).height == 0
    assert told.filter(pl.col("moved") != pl.col("worth"))["nonce"].to_list() == [(2).to_bytes(32, "big")]
    assert not [line for line in lines if "late" in line], lines
    beside = concat(list(Lake.open(tmp_path / "beside").batches(fresh_chain_id)))
    assert beside.messages.equals(told)
    assert filled().messages.equals(told)
    assert filled().messages.equals(told), "again, with nothing left to do"
    assert raised(live) == THEFTS


def test_a_backfill_waits_for_the_other_chain_no_longer_than_its_file_says(
    sides: tuple[Harbourside, Harbourside], tmp_path: Path
) -> None:
    here, there = sides
    first = here.head
    here.rests(4_000)
    file = write(tmp_path, rpc=there.url, chain_id=OTHER_CHAIN, wait_seconds=0)
    bridge = read_bridge(file)
    settings = BackfillSettings(first, here.head, workers=1, bridges=(bridge,))

    with pytest.raises(
        BadInput, match=r"bridge harbour: chain 77 is final up to the time \d+ only, and .*wait"
    ):
        backfill(
            here.url, None, settings, tmp_path / "lake", threading.Event(), print, lambda _progress: None
        )
