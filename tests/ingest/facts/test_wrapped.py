"""Facts of wrapped native coins: who is asked, how often, what is known by its code, what follows a fork."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import polars as pl
import pytest

from ingest import decode
from ingest.blocks.verify import Rules, verified_batch
from ingest.facts import wrapped
from ingest.facts.reader import FactReader
from ingest.facts.wrapped import ASK_AGAIN_BLOCKS, WrappedReader, is_weth9, read_addresses
from ingest.machine import tools
from ingest.model.errors import BadInput
from ingest.nodes import Node
from tests.fixtures.frames import ChainBuilder, address, keccak, word
from tests.fixtures.town import ETHER, Town

ALICE = address("alice")
WETH, COIN, BANK, GONE = (address(name) for name in ("weth", "coin", "bank", "gone"))
MAINNET_WETH = bytes.fromhex("c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")
SYMBOL, DECIMALS = keccak(b"symbol()")[:4], keccak(b"decimals()")[:4]
CODE = b"\x60\x01\x60\x02"


class Node31:
    """WETH has `CODE`; COIN calls itself a token of 18 decimals; BANK answers nothing; the state of GONE is
    pruned. It remembers whom it was asked for, and by which block.
    """

    def __init__(self, decimals: int = 18) -> None:
        self.decimals = decimals
        self.pruned = {GONE}
        self.has = {WETH: CODE, GONE: CODE, address("empty"): b""}
        self.coded: list[tuple[bytes, bytes]] = []
        self.called: Counter[bytes] = Counter()

    def codes(self, addresses: Sequence[bytes], block_hash: bytes) -> list[bytes | None]:
        self.coded += [(contract, block_hash) for contract in addresses]
        return [None if one in self.pruned else self.has.get(one, b"\x00") for one in addresses]

    def call(self, calls: Sequence[tuple[bytes, bytes]], _block_hash: bytes) -> list[bytes | None]:
        self.called.update(contract for contract, _ in calls)
        says = {(COIN, SYMBOL): b"COIN".ljust(32, b"\0"), (COIN, DECIMALS): word(self.decimals)}
        return [None if call[0] in self.pruned else says.get(call) for call in calls]


@pytest.fixture(autouse=True)
def _own_weth9(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapped, "WETH9_CODES", frozenset({keccak(CODE)}))


def emits(chain: ChainBuilder, *contracts: bytes) -> ChainBuilder:
    for contract in contracts:
        chain.log(contract, (decode.DEPOSIT, word(ALICE)), word(1), ALICE)
    return chain


def reader_of(node: Node31, *settings: bytes) -> WrappedReader:
    return WrappedReader(node.call, node.codes, frozenset(settings))


def told(reader: WrappedReader, chain: ChainBuilder, first: int | None = None) -> list[tuple[object, ...]]:
    facts = reader.facts(chain.batch(first))
    reader.remember()
    return facts.select("block_number", "address", "how").rows()


def test_a_row_for_each_block_and_coin_but_one_question_for_each_contract() -> None:
    chain = emits(ChainBuilder().block(), WETH, BANK, WETH)
    emits(chain.block(), COIN, WETH, BANK)
    node = Node31()
    reader = reader_of(node)

    assert told(reader, chain) == [(1, WETH, "code"), (2, COIN, "token"), (2, WETH, "code")]
    assert told(reader, emits(chain.block(), WETH, COIN, BANK), first=3) == [
        (3, WETH, "code"),
        (3, COIN, "token"),
    ]
    first, second = chain.batch(last=2).blocks["block_hash"]
    assert node.coded == [(WETH, first), (BANK, first), (COIN, second)]
    assert node.called == {BANK: 2, COIN: 2}


def test_what_is_known_by_chain_id_or_by_setting_is_not_asked_for() -> None:
    node = Node31()
    chain = emits(ChainBuilder().block(), MAINNET_WETH, BANK)

    assert told(reader_of(node, BANK), chain) == [(1, BANK, "setting")]
    assert node.coded == []


def test_a_log_of_another_shape_asks_nobody() -> None:
    chain = ChainBuilder().block().log(BANK, (decode.DEPOSIT, word(ALICE)), word(1) + word(2), ALICE)
    chain.erc20(COIN, ALICE, BANK, 1)
    node = Node31()

    assert told(reader_of(node), chain) == []
    assert node.coded == []


def test_a_token_of_other_decimals_than_the_coin_is_none_that_wraps_it() -> None:
    assert told(reader_of(Node31(decimals=6)), emits(ChainBuilder().block(), COIN)) == []


def test_who_emits_has_code_whatever_the_node_says_and_is_asked_for_a_symbol() -> None:
    node, empty = Node31(), address("empty")

    assert told(reader_of(node), emits(ChainBuilder().block(), empty)) == []
    assert set(node.called) == {empty}


def test_nothing_is_remembered_of_a_batch_that_did_not_come_to_the_log() -> None:
    node, chain = Node31(), emits(ChainBuilder().block(), WETH)
    reader = reader_of(node)
    reader.facts(chain.batch())

    other = emits(chain.fork(at=0).block(), WETH)
    assert told(reader, other) == [(1, WETH, "code")]
    assert [block for _, block in node.coded] == [
        bytes(one.batch().blocks["block_hash"][0]) for one in (chain, other)
    ]


def test_what_was_learnt_in_a_block_that_left_is_asked_again() -> None:
    node, chain = Node31(), emits(emits(ChainBuilder().block(), WETH).block(), COIN)
    reader = reader_of(node)
    told(reader, chain)

    reader.roll_back(1)

    assert told(reader, emits(chain.fork(at=1).block(), WETH, COIN), first=2) == [
        (2, WETH, "code"),
        (2, COIN, "token"),
    ]
    assert Counter(contract for contract, _ in node.coded) == {WETH: 1, COIN: 2}


def test_a_pruned_state_is_asked_for_again_with_the_next_thousand_blocks_only() -> None:
    node = Node31()
    reader = reader_of(node)
    chain = emits(emits(ChainBuilder(first_block=ASK_AGAIN_BLOCKS - 2).block(), GONE).block(), GONE)
    assert told(reader, chain) == []
    assert len(node.coded) == 1

    node.pruned.clear()
    again = told(reader, emits(chain.block(), GONE), first=ASK_AGAIN_BLOCKS)
    assert again == [(ASK_AGAIN_BLOCKS, GONE, "code")]
    assert len(node.coded) == 2


def test_wherever_batches_are_cut_the_same_is_told() -> None:
    chain = ChainBuilder(first_block=ASK_AGAIN_BLOCKS - 4)
    for at in range(8):
        emits(chain.block(), WETH, *([GONE, COIN] if at % 2 else [BANK]))
    whole = told(reader_of(Node31()), chain)

    for size in (1, 3):
        reader, pieces = reader_of(Node31()), []
        for batch in chain.batches(size):
            pieces.append(reader.facts(batch))
            reader.remember()
        assert pl.concat(pieces).select("block_number", "address", "how").rows() == whole


def test_the_longest_known_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapped, "MOST_KNOWN", 2)
    node, chain = Node31(), ChainBuilder()
    reader = reader_of(node)
    for number, contract in enumerate((WETH, BANK, COIN, COIN, WETH), 1):
        told(reader, emits(chain.block(), contract), first=number)

    assert [contract for contract, _ in node.coded] == [WETH, BANK, COIN, WETH]


def test_many_contracts_are_asked_in_several_requests() -> None:
    sizes: list[int] = []

    def codes(addresses: Sequence[bytes], _block: bytes) -> list[bytes | None]:
        sizes.append(len(addresses))
        return [b""] * len(addresses)

    chain = emits(ChainBuilder().block(), *(address(f"contract {n}") for n in range(101)))
    assert WrappedReader(Node31().call, codes, frozenset()).facts(chain.batch()).height == 0
    assert sizes == [50, 50, 1]


def test_the_names_of_new_coins_are_told_and_those_of_banks_are_not() -> None:
    node = Node31()
    chain = emits(ChainBuilder().block(), WETH, BANK)
    batch = FactReader(node.call, node.codes).complete(chain.batch())

    assert batch.token_metadata["token"].to_list() == [WETH]
    assert batch.transfers["token"].to_list() == [WETH]


@pytest.mark.parametrize(
    "end",
    [
        b"",
        bytes.fromhex("a165627a7a72305820") + b"\7" * 32 + b"\x00\x29",
        b"\xa2\x64ipfs\x58\x22" + b"\1" * 34 + b"\x64solc\x43\0\6\6\x00\x33",
    ],
    ids=["none", "swarm", "ipfs"],
)
def test_code_is_compared_without_what_the_compiler_put_at_its_end(end: bytes) -> None:
    assert is_weth9(CODE + end)
    assert not is_weth9(CODE + b"\x00" + end)
    assert not is_weth9(end)
    assert not is_weth9(None)


@pytest.mark.parametrize(
    ("package", "path"),
    [("canonical-weth", "build/contracts/WETH9.json"), ("@uniswap/v2-periphery", "build/WETH9.json")],
)
def test_the_published_weth9_is_known(package: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    published = json.loads((tools.npm_package(package) / path).read_text())
    code = published.get("deployedBytecode") or published["evm"]["deployedBytecode"]["object"]

    assert is_weth9(bytes.fromhex(code.removeprefix("0x")))


@pytest.mark.chain
def test_the_wrapped_ether_of_a_local_chain_is_known_by_its_code(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    town.wraps("alice", ETHER)
    node = Node(town.url)
    (answer,) = node.fetch(town.head, town.head)
    batch = verified_batch(town.chain_id, [answer], None, Rules(), lambda *_: None)

    batch = FactReader(node.call, node.codes).complete(batch)

    assert batch.wrapped_natives["how"].to_list() == ["code"]
    assert batch.transfers["standard"].to_list() == ["native", "weth"]


def test_addresses_of_a_flag_come_one_by_one_or_after_commas() -> None:
    first, second, third = ("0x" + address(name).hex() for name in ("one", "two", "three"))

    read = read_addresses([f"{first}, {second.upper().replace('X', 'x')}", third], "--wrapped-native")
    assert read == {address("one"), address("two"), address("three")}


@pytest.mark.parametrize("text", ["", "0x12", "WETH", "0x" + "g" * 40, "0x" + "1" * 40 + ","])
def test_what_is_no_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadInput, match=r"^--wrapped-native: '.*' is no address \(0x and 40 hex digits\)$"):
        read_addresses([text], "--wrapped-native")
