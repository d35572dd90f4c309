"""Proof: a real mainnet block holds, and not the smallest change to it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks import frames, rlp
from ingest.blocks.answers import Answer, BlockAnswer, LogAnswer, ReceiptAnswer, unhex
from ingest.blocks.bloom import blooms_of
from ingest.blocks.proof import prove
from ingest.blocks.receipts import receipts_root
from ingest.blocks.trie import EMPTY_ROOT, keccak, ordered_root
from ingest.localchain.chain.wallet import Wallet
from ingest.machine import tools
from ingest.machine.processes import Child, answers, free_port, wait_until
from ingest.model.errors import ProofFailed
from tests.fixtures.fake_chain import FakeChain, node_of
from tests.fixtures.frames import address
from tests.fixtures.mainnet import as_ethereum_etl, recorded_block, recorded_json
from tests.fixtures.town import ETHER, Town

MAINNET = "ethereum_etl/17173049.json.gz"
change = msgspec.structs.replace


def test_the_receipts_of_a_mainnet_block_hash_to_the_root_in_its_header() -> None:
    answer = recorded_block(MAINNET)

    assert "0x" + receipts_root(answer.receipts).hex() == answer.block.receipts_root
    # the recording has no mixHash and no withdrawalsRoot, so that its header cannot be hashed
    assert prove(answer, "a file") == "receipts-root"


def test_its_114_token_transfers_are_what_ethereum_etl_extracts() -> None:
    answer = recorded_block(MAINNET)
    ours = as_ethereum_etl(frames.batch(1, [answer], ["none"]).transfers)
    assert len(ours) == 114
    assert ours == recorded_json("ethereum_etl/17173049.transfers.json")


def _log_removed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return _with_logs(receipts, lambda logs: logs[:-1])


def _topic_bit_flipped(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    def flip(logs: list[LogAnswer]) -> list[LogAnswer]:
        topic = logs[0].topics[1]
        flipped = f"0x{int(topic, 16) ^ 1:064x}"
        return [change(logs[0], topics=[logs[0].topics[0], flipped, *logs[0].topics[2:]]), *logs[1:]]

    return _with_logs(receipts, flip)


def _logs_swapped(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return _with_logs(receipts, lambda logs: [logs[1], logs[0], *logs[2:]])


def _status_changed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return [change(receipts[0], status="0x0"), *receipts[1:]]


def _gas_changed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return [change(receipts[0], cumulative_gas_used="0x1"), *receipts[1:]]


def _gas_of_all_changed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return [*receipts[:-1], change(receipts[-1], cumulative_gas_used="0x1")]


def _type_changed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return [change(receipts[0], type="0x1"), *receipts[1:]]


@pytest.mark.parametrize(
    ("lie", "what"),
    [
        (
            _log_removed,
            r"log \d+ is missing before log \d+ of receipt \d+ \(0x[0-9a-f]{64}\), at 0x[0-9a-f]{40}",
        ),
        (
            _topic_bit_flipped,
            "its logs hold what the header's bloom does not: one is altered or of another block",
        ),
        (_logs_swapped, r"log \d+ of receipt \d+ \(0x[0-9a-f]{64}\) stands where log \d+ belongs"),
        (_status_changed, ""),
        (_gas_changed, ""),
        (_gas_of_all_changed, "its receipts use 1 gas in all, its header says 9755040"),
        (_type_changed, ""),
    ],
)
def test_changed_receipts_are_refused_and_what_differs_is_named(
    lie: Callable[[list[ReceiptAnswer]], list[ReceiptAnswer]], what: str
) -> None:
    answer = recorded_block(MAINNET)

    with pytest.raises(
        ProofFailed,
        match=f"^block 17173049 from http://node:1 cannot be proved: its receipts hash to 0x.*{what}",
    ) as refused:
        prove(replace(answer, receipts=lie(answer.receipts)), "http://node:1")
    assert (refused.value.number, refused.value.source) == (17173049, "http://node:1")


def test_a_log_left_out_at_the_end_shows_in_the_bloom() -> None:
    answer = recorded_block(MAINNET)
    last = max(at for at, receipt in enumerate(answer.receipts) if receipt.logs)
    receipts = [*answer.receipts]
    receipts[last] = change(receipts[last], logs=receipts[last].logs[:-1])

    with pytest.raises(ProofFailed, match="its receipts hash to 0x"):
        prove(replace(answer, receipts=receipts), "node")


def test_a_receipt_whose_bloom_is_not_that_of_its_logs_is_refused_and_named() -> None:
    answer = recorded_block(MAINNET)
    bare = next(at for at, receipt in enumerate(answer.receipts) if not receipt.logs)
    wrong = [*answer.receipts]
    wrong[bare] = change(wrong[bare], logs_bloom="0x" + "00" * 255 + "01")
    right = [change(one, logs_bloom="0x" + "00" * 256) if not one.logs else one for one in answer.receipts]

    assert prove(replace(answer, receipts=right), "node") == "receipts-root"
    with pytest.raises(ProofFailed, match=rf"the logs of receipt {bare} \(0x.*\) are not those of its bloom"):
        prove(replace(answer, receipts=wrong), "node")


def test_a_whole_block_is_proved_with_the_blooms_it_came_with_or_without_them() -> None:
    (answer,) = node_of(FakeChain().produce_blocks(1, logs=5, transactions=4)).fetch(1, 1)
    bare = [change(receipt, logs_bloom=None) for receipt in answer.receipts]
    half = [*answer.receipts[:2], *bare[2:]]

    assert [prove(replace(answer, receipts=some), "node") for some in (answer.receipts, bare, half)] == [
        "header"
    ] * 3


@given(at=st.integers(0, 3), bit=st.integers(0, 2047))
def test_a_whole_block_with_any_bit_of_a_bloom_flipped_is_refused_and_the_receipt_named(
    at: int, bit: int
) -> None:
    (answer,) = node_of(FakeChain().produce_blocks(1, logs=5, transactions=4)).fetch(1, 1)
    flipped = int(answer.receipts[at].logs_bloom or "0x", 16) ^ 1 << bit
    receipts = [*answer.receipts]
    receipts[at] = change(receipts[at], logs_bloom=f"0x{flipped:0512x}")

    with pytest.raises(ProofFailed, match=rf"the logs of receipt {at} \(0x.*\) are not those of its bloom"):
        prove(replace(answer, receipts=receipts), "node")


def test_a_header_bloom_that_is_not_that_of_the_logs_is_refused_where_the_header_cannot_be_hashed() -> None:
    answer = recorded_block(MAINNET)
    full = change(answer.block, logs_bloom="0x" + "ff" * 256)
    empty = change(answer.block, logs_bloom="0x" + "00" * 256)

    with pytest.raises(ProofFailed, match="the header's bloom holds more than its logs"):
        prove(replace(answer, block=full), "node")
    with pytest.raises(ProofFailed, match="its logs hold what the header's bloom does not"):
        prove(replace(answer, block=empty), "node")


@pytest.mark.parametrize("nonsense", ["0xzz", "zz", "", "0x-1", "0x1" + "0" * 80])
def test_what_is_no_number_is_refused_like_any_other_lie(nonsense: str) -> None:
    answer = recorded_block(MAINNET)
    first = answer.receipts[0]
    for receipt in (change(first, cumulative_gas_used=nonsense), change(first, type=nonsense)):
        with pytest.raises(ProofFailed, match=r"^block 17173049 from node cannot be proved: "):
            prove(replace(answer, receipts=[receipt, *answer.receipts[1:]]), "node")


def test_a_dropped_receipt_is_refused() -> None:
    answer = recorded_block(MAINNET)

    with pytest.raises(ProofFailed, match="it has 116 transactions and 115 receipts"):
        prove(replace(answer, receipts=answer.receipts[:-1]), "node")


def test_a_receipt_of_another_block_or_transaction_is_refused() -> None:
    answer = recorded_block(MAINNET)
    first, second, *rest = answer.receipts

    with pytest.raises(ProofFailed, match="receipt 0 is of block 0xff, not"):
        prove(replace(answer, receipts=[change(first, block_hash="0xff"), second, *rest]), "node")
    with pytest.raises(ProofFailed, match="receipt 0 is not of its transaction"):
        prove(replace(answer, receipts=[second, first, *rest]), "node")


@pytest.mark.chain
def test_blocks_of_a_real_node_are_proved_to_the_header_and_no_field_can_be_changed(town: Town) -> None:
    from ingest.nodes import Node

    at = town.wraps("alice", ETHER).head
    (answer,) = Node(town.url).fetch(at, at)
    assert prove(answer, town.url) == "header"

    changed = {
        "parent_hash": "0x" + "1" * 64,
        "miner": "0x" + "1" * 40,
        "state_root": "0x" + "1" * 64,
        "transactions_root": "0x" + "1" * 64,
        "logs_bloom": "0x" + "0" * 512,
        "gas_used": "0x1",
        "timestamp": "0x1",
        "number": "0x1",
        "base_fee_per_gas": "0x1",
        "hash": None,
    }
    for field, value in changed.items():
        with pytest.raises(
            ProofFailed, match=r"header does not hash to 0x.* but to 0x|receipt 0 is of block"
        ):
            prove(replace(answer, block=_altered(answer.block, field, value)), town.url)


FORKS = {
    "frontier": [],
    "byzantium": [],
    "berlin": [],
    "london": ["base_fee_per_gas"],
    "paris": ["base_fee_per_gas"],
    "shanghai": ["base_fee_per_gas", "withdrawals_root"],
    "cancun": ["base_fee_per_gas", "withdrawals_root", "blob_gas_used", "excess_blob_gas",
               "parent_beacon_block_root"],
    "prague": ["base_fee_per_gas", "withdrawals_root", "blob_gas_used", "excess_blob_gas",
               "parent_beacon_block_root", "requests_hash"],
}  # fmt: skip
"""What each hard fork's headers have that Frontier's have not, by the EIPs that the proof names."""


@pytest.mark.chain
@pytest.mark.parametrize("name", FORKS)
def test_headers_of_every_fork_are_proved(name: str) -> None:
    from ingest.nodes import Node

    with anvil_at(name) as url:
        Wallet.connect(url).ask("anvil_mine", "0x3")
        for answer in Node(url).fetch(1, 3):  # anvil's genesis has fields of later forks
            given = [field for field in FORKS["prague"] if getattr(answer.block, field) is not None]
            assert given == FORKS[name]
            assert prove(answer, url) == "header"
            if given:
                shorter = change(answer.block, **{given[0]: None})
                if given[1:]:  # a hole cannot be an older fork's header: it was left out
                    assert prove(replace(answer, block=shorter), url) == "receipts-root"
                else:
                    with pytest.raises(ProofFailed, match="header does not hash"):
                        prove(replace(answer, block=shorter), url)


def test_the_first_block_of_mainnet_is_proved() -> None:
    """As its clients have it built in: the oldest shape of a header, and a block with nothing in it."""
    zeros = "0x" + "00" * 32
    genesis = BlockAnswer(
        number="0x0",
        hash="0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
        parent_hash=zeros,
        state_root="0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
        transactions_root="0x" + EMPTY_ROOT.hex(),
        receipts_root="0x" + EMPTY_ROOT.hex(),
        miner="0x" + "00" * 20,
        gas_limit="0x1388",
        gas_used="0x0",
        timestamp="0x0",
        sha3_uncles="0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
        logs_bloom="0x" + "00" * 256,
        difficulty="0x400000000",
        extra_data="0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
        mix_hash=zeros,
        nonce="0x0000000000000042",
        transactions=[],
    )

    assert prove(Answer(genesis, []), "a book") == "header"


def test_a_receipt_before_byzantium_holds_a_state_root_instead_of_a_status() -> None:
    root = "0x" + "ab" * 32
    receipt = ReceiptAnswer(cumulative_gas_used="0x5208", root=root)

    # by hand: [root, 0x5208, bloom of 256 zeros, []], in a trie of one leaf with key rlp(0) = 0x80
    body = rlp.encode([b"\xab" * 32, b"\x52\x08", bytes(256), []])
    leaf = rlp.encode([b"\x20\x80", body])
    assert receipts_root([receipt]) == keccak(leaf)


@pytest.mark.parametrize("kind", range(5))
def test_a_receipt_of_any_type_stands_behind_the_byte_of_its_type(kind: int) -> None:
    """EIP-2718: legacy as it was, then access lists, fees, blobs (EIP-4844) and delegated code (EIP-7702)."""
    log = LogAnswer("0x" + "11" * 20, [], "0x" + "22" * 100)
    receipt = ReceiptAnswer(cumulative_gas_used="0x5208", logs=[log], type=hex(kind), status="0x1")
    # by hand: three bits of the bloom, chosen by 11 bits each of the first three pairs of keccak(address)
    digest = keccak(b"\x11" * 20)
    bits = {int.from_bytes(digest[at : at + 2], "big") % 2048 for at in (0, 2, 4)}
    bloom = sum(1 << bit for bit in bits).to_bytes(256, "big")
    body = rlp.encode([b"\x01", b"\x52\x08", bloom, [[b"\x11" * 20, [], b"\x22" * 100]]])

    leaf = rlp.encode([b"\x20\x80", (bytes([kind]) if kind else b"") + body])
    assert receipts_root([receipt]) == keccak(leaf)


@pytest.mark.chain
def test_receipts_of_the_types_that_anvil_can_send_are_proved(town: Town) -> None:
    from ingest.nodes import Node

    person, to = ("0x" + address(name).hex() for name in ("alice", "bob"))
    town.wallet.ask("anvil_setBalance", person, hex(1000 * ETHER))
    fee, tip = hex(10**11), hex(1)
    kinds: list[dict[str, object]] = [
        {"gasPrice": fee},
        {"gasPrice": fee, "accessList": [{"address": to, "storageKeys": ["0x" + "00" * 32]}]},
        {"maxFeePerGas": fee, "maxPriorityFeePerGas": tip},
    ]
    for kind in kinds:
        town.wallet.ask("eth_sendTransaction", {"from": person, "to": to, "gas": hex(100_000), **kind})
    head = town.mine().head

    (answer,) = Node(town.url).fetch(head, head)
    assert sorted(receipt.type or "" for receipt in answer.receipts) == ["0x0", "0x1", "0x2"]
    assert prove(answer, town.url) == "header"


def test_an_empty_block_has_the_empty_root() -> None:
    assert ordered_root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"", "80"),
        (b"\x00", "00"),
        (b"\x7f", "7f"),
        (b"\x80", "8180"),
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        ([], "c0"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (b"a" * 56, "b838" + "61" * 56),
        ([b"a" * 56], "f83a" + "b838" + "61" * 56),
    ],
)
def test_rlp_is_as_in_the_yellow_paper(item: rlp.Item, encoded: str) -> None:
    assert rlp.encode(item).hex() == encoded


def _altered(block: BlockAnswer, field: str, value: str | None) -> BlockAnswer:
    return change(block, **{field: "0x" + "2" * 64 if value is None else value})


def _with_logs(
    receipts: list[ReceiptAnswer], lie: Callable[[list[LogAnswer]], list[LogAnswer]]
) -> list[ReceiptAnswer]:
    """The first receipt that holds two logs tells something else of them."""
    at = next(n for n, receipt in enumerate(receipts) if len(receipt.logs) > 1)
    return [*receipts[:at], change(receipts[at], logs=lie(receipts[at].logs)), *receipts[at + 1 :]]


@contextmanager
def anvil_at(fork: str) -> Iterator[str]:
    """A node whose whole chain is of one hard fork."""
    tools.ensure(lambda _line: None)
    port = free_port()
    arguments = ("--port", str(port), "--hardfork", fork, "--silent", "--no-mining")
    with Child.start("anvil", [tools.anvil(), *arguments]) as child:
        wait_until(lambda: answers(port), 20, "anvil", child)
        yield f"http://127.0.0.1:{port}"


@given(st.binary(max_size=70))
def test_bytes_given_as_hex_are_encoded_like_bytes(item: bytes) -> None:
    assert rlp.unhex(rlp.hex_string(item.hex())) == rlp.encode(item)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_lists_given_as_hex_are_encoded_like_lists(items: list[bytes]) -> None:
    assert rlp.unhex(rlp.hex_list("".join(rlp.hex_string(item.hex()) for item in items))) == rlp.encode(items)


logs = st.builds(
    lambda address, topics, data: LogAnswer(
        "0x" + address.hex(), ["0x" + topic.hex() for topic in topics], "0x" + data.hex()
    ),
    st.binary(min_size=20, max_size=20),
    st.lists(st.binary(min_size=32, max_size=32), max_size=4),
    st.one_of(st.binary(max_size=2), st.binary(max_size=70), st.integers(0, 70_000).map(bytes)),
)


@given(st.lists(logs, max_size=5))
def test_logs_of_any_shape_are_hashed_as_the_plain_encoder_writes_them(told: list[LogAnswer]) -> None:
    receipt = ReceiptAnswer(cumulative_gas_used="0x5208", logs=told, status="0x1")
    items: list[rlp.Item] = [
        [unhex(log.address), [unhex(topic) for topic in log.topics], unhex(log.data)] for log in told
    ]
    (bloom,) = blooms_of([receipt])

    body = rlp.encode([b"\x01", b"\x52\x08", bloom.to_bytes(256, "big"), items])
    assert receipts_root([receipt]) == keccak(rlp.encode([b"\x20\x80", body]))


def test_half_a_byte_and_blanks_among_hex_digits_are_refused() -> None:
    with pytest.raises(ValueError, match="3 hex digits are no whole bytes"):
        rlp.hex_string("abc")
    with pytest.raises(ValueError, match="blanks"):
        rlp.unhex("ab cd")


def test_a_log_whose_bytes_are_shifted_into_its_neighbour_is_refused() -> None:
    """Joined digits are the same where one field lends another half a byte: each is looked at by itself."""
    answer = recorded_block(MAINNET)
    at = next(
        at for at, receipt in enumerate(answer.receipts) if len(receipt.logs[:1]) and receipt.logs[0].topics
    )
    log = answer.receipts[at].logs[0]
    shifted = change(
        log, address=log.address[:-1], topics=["0x" + log.address[-1] + log.topics[0][2:], *log.topics[1:]]
    )
    receipts = [*answer.receipts]
    receipts[at] = change(receipts[at], logs=[shifted, *receipts[at].logs[1:]])

    with pytest.raises(ProofFailed, match="it holds what is no hex"):
        prove(replace(answer, receipts=receipts), "node")


def test_topics_that_lend_each_other_bytes_are_refused_though_all_their_bytes_are_right() -> None:
    """A word that ends in the prefix of the next may be cut one byte early: then the bytes are the same."""
    whole = ["0x" + "11" * 31 + "a0", "0x" + "22" * 32]
    cut = ["0x" + "11" * 31, "0xa0" + "22" * 32]
    right, wrong = (
        ReceiptAnswer(
            cumulative_gas_used="0x1", logs=[LogAnswer("0x" + "33" * 20, topics, "0x")], status="0x1"
        )
        for topics in (whole, cut)
    )

    assert receipts_root([right])
    with pytest.raises(ValueError, match="a topic has not 32 bytes"):
        receipts_root([wrong])
