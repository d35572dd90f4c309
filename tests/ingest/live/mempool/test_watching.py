"""Pictures of the pool of a real anvil: what waits becomes rows, whatever was sent."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from ingest.live.mempool import choosing, outcome
from ingest.live.mempool.picture import REFUSED, MadePicture, Mempool, opened
from ingest.localchain.chain.chain import private_fork
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.play.deploying import world
from ingest.log.pending_records import PictureAssembler, encode
from ingest.machine import tools
from ingest.model.errors import BadInput, NodeUnreachable, SetupFailed, UnreadableRecord, WrongChain
from tests.fixtures.frames import address
from tests.fixtures.http_server import answering
from tests.fixtures.town import ETHER, Town

pytestmark = pytest.mark.chain


@pytest.fixture
def said() -> list[str]:
    return []


@contextmanager
def watching_over(town: Town, said: list[str], traces: bool = False, url: str = "") -> Iterator[Mempool]:
    with closing(
        opened(url or town.url, town.chain_id, traces, frozenset(), private_fork, said.append)
    ) as pool:
        yield pool


def waits(town: Town, sender: str, **fields: Any) -> str:
    """A transaction that nobody mines; its hash."""
    person = "0x" + address(sender).hex()
    town.wallet.ask("anvil_setBalance", person, hex(1000 * ETHER))
    given = {"from": person, "gas": hex(200_000), **fields}
    return str(town.wallet.ask("eth_sendTransaction", given))


def pays(town: Town, sender: str, receiver: str, wei: int = ETHER) -> str:
    return waits(town, sender, to="0x" + address(receiver).hex(), value=hex(wei))


def wraps(town: Town, owner: str) -> str:
    return waits(town, owner, to=world().weth, value=hex(ETHER), data=call_data("deposit()"))


def picture(pool: Mempool) -> MadePicture:
    made = pool.picture()
    assert made is not None
    return made


@contextmanager
def lacking(town: Town, *methods: str, told: dict[str, Any] | None = None) -> Iterator[str]:
    """The town's node, which does not offer these methods, and has other answers to some that are `told`."""
    known = told or {}

    def respond(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        calls = asked if isinstance(asked, list) else [asked]
        if any(call["method"] in methods for call in calls):
            error = {"code": -32601, "message": "Method not found"}
            return 200, json.dumps({"jsonrpc": "2.0", "id": calls[0]["id"], "error": error}).encode()
        if calls[0]["method"] in known:
            answer = {"jsonrpc": "2.0", "id": calls[0]["id"], "result": known[calls[0]["method"]]}
            return 200, json.dumps(answer).encode()
        request = urllib.request.Request(town.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return 200, response.read()

    with answering(respond) as url:
        yield url


def test_what_waits_becomes_the_rows_of_a_block_that_does_not_exist(town: Town, said: list[str]) -> None:
    head, paid = town.head, pays(town, "alice", "bob")
    wrapped = wraps(town, "carol")
    with watching_over(town, said) as pool:
        made = picture(pool)

    batch = made.batch
    assert batch is not None
    assert made.head.simulated_by == "eth_simulateV1"
    assert (made.head.waiting, made.head.transactions, made.head.left_out) == (2, 2, {})
    assert batch.first == head + 1
    assert batch.blocks["proof"].to_list() == ["none"]
    assert batch.blocks["parent_hash"].to_list() == [town.hashes(head, head)[head]]
    assert {"0x" + each.hex() for each in batch.transactions["transaction_hash"]} == {paid, wrapped}
    assert batch.transactions["status"].to_list() == [1, 1]
    assert batch.transfers.height == 3, "alice's coin, carol's coin, and carol's WETH"
    assert batch.token_metadata["symbol"].to_list() == [b"WETH"]
    assert town.head == head


def test_a_private_anvil_says_the_same_as_the_node_and_the_calls_as_well(town: Town, said: list[str]) -> None:
    pays(town, "alice", "bob")
    wraps(town, "carol")
    with watching_over(town, said) as pool:
        plain = picture(pool).batch
    with watching_over(town, said, traces=True) as pool:
        traced = picture(pool)

    assert plain is not None and traced.batch is not None
    assert traced.head.simulated_by == "anvil"
    for table in ("blocks", "transactions", "logs", "transfers"):
        assert getattr(traced.batch, table).equals(getattr(plain, table)), table
    assert plain.traces.height == 0
    assert traced.batch.traces.filter(depth=0).height == 2


def test_a_picture_is_made_where_head_or_pool_are_others(town: Town, said: list[str]) -> None:
    with watching_over(town, said) as pool:
        assert picture(pool).batch is None
        assert pool.picture() is None
        pays(town, "alice", "bob")
        assert picture(pool).head.transactions == 1
        assert pool.picture() is None
        town.mine()
        after = picture(pool)

    assert (after.head.parent_number, after.head.transactions) == (town.head, 0)


def test_what_the_node_will_not_simulate_a_fork_does(town: Town, said: list[str]) -> None:
    """anvil's own eth_simulateV1 knows no creations."""
    made_by = waits(town, "alice", data="0x600a600c600039600a6000f3602a60005260206000f3")
    with watching_over(town, said) as pool:
        made = picture(pool)

    assert made.head.simulated_by == "anvil" and made.batch is not None
    assert made.batch.codes["code"].to_list() == [bytes.fromhex("602a60005260206000f3")]
    town.mine()
    receipt = town.wallet.ask("eth_getTransactionReceipt", made_by)
    assert "0x" + made.batch.codes["address"][0].hex() == receipt["contractAddress"].lower()


def test_a_node_without_eth_simulate_is_simulated_by_a_fork(town: Town, said: list[str]) -> None:
    pays(town, "alice", "bob")
    with lacking(town, "eth_simulateV1") as url, watching_over(town, said, url=url) as pool:
        assert picture(pool).head.simulated_by == "anvil"

    assert said == ["mempool: the node has no eth_simulateV1: a private anvil simulates"]


def test_neither_eth_simulate_nor_anvil_is_one_line(
    town: Town, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise SetupFailed("anvil is not installed: run `undertow setup`")

    monkeypatch.setattr(tools, "anvil", missing)
    for traces in (False, True):
        with lacking(town, "eth_simulateV1") as url, pytest.raises(BadInput, match="undertow setup") as error:
            opened(url, town.chain_id, traces, frozenset(), private_fork, said.append)
        assert "\n" not in str(error.value)


def test_a_node_without_a_pool_is_one_line(town: Town, said: list[str]) -> None:
    with (
        lacking(town, "txpool_content", "eth_newPendingTransactionFilter") as url,
        pytest.raises(BadInput, match="offers no pool"),
    ):
        opened(url, town.chain_id, False, frozenset(), private_fork, said.append)


def test_a_node_of_another_chain_is_one_line(town: Town, said: list[str]) -> None:
    with pytest.raises(WrongChain, match=f"serves chain {town.chain_id}, not chain 5"):
        opened(town.url, 5, False, frozenset(), private_fork, said.append)


def test_of_several_nodes_the_first_with_a_pool_is_asked(town: Town, said: list[str]) -> None:
    with lacking(town, "txpool_content", "eth_newPendingTransactionFilter") as url:
        with closing(
            opened(f"{url},{town.url}", None, False, frozenset(), private_fork, said.append)
        ) as pool:
            assert pool.url == town.url
        with pytest.raises(NodeUnreachable):
            opened("http://127.0.0.1:9", None, False, frozenset(), private_fork, said.append)


def test_hostile_transactions_stop_nobody(town: Town, said: list[str]) -> None:
    """Call data as large as a pool takes, a wallet's code set (EIP-7702), a loop without end, coin that is
    spent before it is sent: the honest payment among them is seen.
    """
    to = "0x" + address("bob").hex()
    waits(town, "mallory", to=to, data="0x" + "ab" * 100_000, gas=hex(8_000_000))
    code = {"chainId": hex(town.chain_id), "address": to, "nonce": "0x0", "yParity": "0x0"}
    waits(town, "trent", to=to, authorizationList=[code | {"r": "0x1", "s": "0x1"}])
    looped = waits(town, "eve", data="0x5b600056", gas=hex(20_000_000))
    honest = pays(town, "alice", "bob")
    with watching_over(town, said) as pool:
        made = picture(pool)

    assert made.batch is not None
    status = dict(made.batch.transactions.select("transaction_hash", "status").iter_rows())
    assert status[bytes.fromhex(honest[2:])] == 1
    assert status[bytes.fromhex(looped[2:])] == 0
    assert made.head.transactions + made.head.left_out.get(REFUSED, 0) == 4
    assert {4} <= set(made.batch.transactions["transaction_type"].to_list())
    records = list(encode(made.head, made.batch))
    assert all(len(each) < 1_000_000 for each in records)
    assembler = PictureAssembler()
    pictures = [found for each in records if (found := assembler.feed(each)) is not None]
    assert pictures[0].batch is not None
    assert pictures[0].batch.transactions.equals(made.batch.transactions)


def test_a_blob_that_nobody_outside_has_is_left_out_of_its_transaction(town: Town, said: list[str]) -> None:
    """anvil takes one only with its blob: so the node says of a payment that it carries one."""
    paid = pays(town, "alice", "bob")
    blob = {"type": "0x3", "blobVersionedHashes": ["0x01" + "ab" * 31], "maxFeePerBlobGas": "0x1"}
    plain = next(iter(town.wallet.ask("txpool_content")["pending"].values()))["0"]
    content = {"pending": {plain["from"]: {"0": plain | blob}}}
    with lacking(town, told={"txpool_content": content}) as url, watching_over(town, said, url=url) as pool:
        batch = picture(pool).batch

    assert batch is not None
    assert batch.transactions.select("transaction_type", "status").rows() == [(3, 1)]
    assert "0x" + batch.transactions["transaction_hash"][0].hex() == paid


def test_a_flood_is_cut_counted_and_said_once(
    town: Town, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "MOST_TRANSACTIONS", 2)
    for number in range(12):
        pays(town, f"mallory {number}", "bob")
    with watching_over(town, said) as pool:
        first = picture(pool)
        pays(town, "alice", "bob")
        picture(pool)
        town.mine()
        picture(pool)

    assert (first.head.transactions, first.head.left_out) == (2, {choosing.BEYOND_CAP: 10})
    assert [line.split(":")[1] for line in said] == [
        " 10 pending transactions are beyond the caps or unreadable", " all that waits is simulated again"
    ]  # fmt: skip


def test_who_fills_a_block_with_logs_hides_nobody_else(
    town: Town, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG0 of nothing, 14 times in one transaction; the cap is two logs."""
    monkeypatch.setattr(outcome, "MOST_LOGS", 2)
    dear = {"maxFeePerGas": hex(100 * 10**9), "maxPriorityFeePerGas": hex(50 * 10**9)}
    waits(town, "mallory", data="0x" + "60006000a0" * 14, **dear)
    wrapped = wraps(town, "carol")
    with watching_over(town, said) as pool:
        made = picture(pool)

    assert made.batch is not None
    assert ["0x" + each.hex() for each in made.batch.transactions["transaction_hash"]] == [wrapped]
    assert made.head.left_out == {REFUSED: 1}


def test_a_node_that_speaks_websocket_is_read_and_forked_as_well(town: Town, said: list[str]) -> None:
    pays(town, "alice", "bob")
    url = town.url.replace("http://", "ws://")
    with watching_over(town, said, url=url) as pool:
        assert picture(pool).head.simulated_by == "eth_simulateV1"
    with watching_over(town, said, traces=True, url=url) as pool:
        first = picture(pool)
        town.mine()
        pays(town, "carol", "bob")
        again = picture(pool)

    assert [each.head.transactions for each in (first, again)] == [1, 1]
    assert again.batch is not None and again.batch.traces.height == 1


def test_a_reorganisation_is_a_new_picture_on_the_new_head(town: Town, said: list[str]) -> None:
    town.pays("carol", "bob", ETHER).mine(2)
    with watching_over(town, said) as pool:
        before = picture(pool)
        town.reorganise(2)
        after = picture(pool)

    assert before.head.parent_number == after.head.parent_number
    assert before.head.parent_hash != after.head.parent_hash


def test_a_record_that_is_damaged_or_of_another_version_is_named(town: Town, said: list[str]) -> None:
    pays(town, "alice", "bob")
    with watching_over(town, said) as pool:
        made = picture(pool)
    (value,) = encode(made.head, made.batch)

    for wrong, words in (
        (b"", "not undertow's"),
        (b"x" * 40, "not undertow's"),
        (value[:-1], "damaged"),
        (value[:3] + b"\x09" + value[4:], "update it"),
    ):
        with pytest.raises(UnreadableRecord, match=words):
            PictureAssembler().feed(wrong)


def test_a_picture_that_was_not_sent_to_its_end_is_passed_over(town: Town, said: list[str]) -> None:
    waits(town, "mallory", to="0x" + address("bob").hex(), data="0x" + "ab" * 90_000, gas=hex(8_000_000))
    with watching_over(town, said) as pool:
        made = picture(pool)
    many, (one, *_) = list(encode(made.head, made.batch)), list(encode(made.head, None))
    assembler = PictureAssembler()

    assert assembler.feed(many[0]) is None or len(many) == 1
    assert assembler.feed(one) is not None
    assert [assembler.feed(each) for each in many[1:]] == [None] * (len(many) - 1)
