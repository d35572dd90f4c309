"""Hex that is written otherwise is read where it can mean one thing, else it is one clear line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from ingest.blocks.answers import Answer, BlockAnswer, ReceiptAnswer
from ingest.blocks.spelling import data, quantity, word
from ingest.blocks.verify import Rules, Verify, verified_batch
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved, ProofFailed
from ingest.nodes.jsonrpc import plainly
from tests.fixtures.made_blocks import Json
from tests.ingest.blocks.test_transactions import block, signed

Change = Callable[[Json, list[Json]], Any]
"""Writes a block and its receipts, as JSON, in another way."""


def told(change: Change, *payments: tuple[bytes, Json]) -> Answer:
    """A block of Alice's payments to Bob, as a node tells of it that writes it in its own way."""
    answer = block(*(payments or (signed(0), signed(1))))
    header: Json = msgspec.to_builtins(answer.block)
    receipts: list[Json] = msgspec.to_builtins(answer.receipts)
    change(header, receipts)
    read = (
        msgspec.convert(plainly(header), BlockAnswer),
        msgspec.convert(plainly(receipts), list[ReceiptAnswer]),
    )
    return Answer(*read, "http://node")


def read(answers: Sequence[Answer], verify: Verify = "strict") -> Batch:
    return verified_batch(1, answers, None, Rules(verify), lambda *_: None)


def everywhere(write: Callable[[str], str], *names: str) -> Change:
    """Every field of these names is written so, in the block, its transactions, receipts and logs."""

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                walk(one)
        elif isinstance(value, dict):
            for name, one in value.items():
                if name in names and isinstance(one, str):
                    value[name] = write(one)
                elif name in names and isinstance(one, list):
                    value[name] = [write(each) for each in one]
                else:
                    walk(one)

    return lambda header, receipts: walk([header, receipts])


def loud(text: str) -> str:
    return "0X" + text[2:].upper()


def bare(text: str) -> str:
    return text[2:]


def unpadded(text: str) -> str:
    return "0x" + (text[2:].lstrip("0") or "0")


def padded(text: str) -> str:
    return "0x" + text[2:].rjust(64, "0")


HASHES = (
    "transactionHash",
    "blockHash",
    "receiptsRoot",
    "stateRoot",
    "transactionsRoot",
    "topics",
    "mixHash",
)
ADDRESSES = ("address", "from", "to", "miner")
NUMBERS = ("gas", "nonce", "value", "gasUsed", "cumulativeGasUsed", "status", "type", "timestamp")
NUMBERS_BUT_THE_NONCE = tuple(name for name in NUMBERS if name != "nonce")


@pytest.mark.parametrize(
    "change",
    [
        everywhere(loud, *HASHES, *ADDRESSES, "logsBloom", "data"),
        everywhere(bare, *HASHES, "logsBloom"),
        everywhere(bare, *ADDRESSES),
        everywhere(bare, "data", "input", "extraData"),
        everywhere(unpadded, "topics", "mixHash", "stateRoot"),
        everywhere(padded, *ADDRESSES),
        everywhere(lambda text: "0x00" + text[2:], *NUMBERS_BUT_THE_NONCE),
        everywhere(lambda text: "xdc" + text[2:], *ADDRESSES),
        everywhere(lambda _text: "true", "status"),
        everywhere(lambda _text: "1", "status"),
        everywhere(lambda _text: "0x01", "status"),
        everywhere(lambda _text: "0x02", "type"),
        everywhere(lambda _text: "", "type"),
        lambda _header, receipts: [one.update(status=True) for one in receipts],
        lambda _header, receipts: [one.update(status=1) for one in receipts],
        lambda _header, receipts: [one.update(type=2) for one in receipts],
        lambda _header, receipts: [log.update(removed="false") for one in receipts for log in one["logs"]],
        lambda header, receipts: [one.update(type=None) for one in (*header["transactions"], *receipts)],
        lambda header, _receipts: [one.update(input="0x0") for one in header["transactions"]],
        lambda header, _receipts: [one.update(input=None, accessList=None) for one in header["transactions"]],
    ],
)  # fmt: skip
def test_hex_that_can_mean_one_thing_is_read_however_it_is_written(change: Change) -> None:
    plain, other = read([told(lambda *_: None)]), read([told(change)])

    assert other.blocks.select("proof", "transactions_proof").rows() == [("header", "root")]
    for name in ("blocks", "transactions", "logs"):
        assert getattr(other, name).equals(getattr(plain, name)), name


@pytest.mark.parametrize("empty", ["", "0x", None])
@pytest.mark.parametrize(
    "name", ["transactionIndex", "blockHash", "transactionHash", "logIndex", "logsBloom"]
)
def test_what_a_receipt_need_not_say_may_be_empty(name: str, empty: str | None) -> None:
    def change(_header: Json, receipts: list[Json]) -> None:
        for one in receipts:
            one[name] = empty
            one["logs"] = [{**log, name: empty} for log in one["logs"]]

    assert read([told(change)]).blocks.select("proof", "transactions_proof").rows() == [("header", "root")]


@pytest.mark.parametrize(
    "odd", ["-0x1", "1000000000.5", "1e9", "1000000000", "none", "", "0x" + "ff" * 40, None]
)
def test_a_price_on_which_nothing_depends_is_null_where_it_is_none(odd: str | None) -> None:
    """As of nodes that leave it out or write an empty text (alloy#2019, dipdup#1225)."""

    def change(_header: Json, receipts: list[Json]) -> None:
        receipts[0]["effectiveGasPrice"] = odd
        receipts[1]["effectiveGasPrice"] = "0x7"

    batch = read([told(change)])
    assert batch.transactions["effective_gas_price"].to_list() == [None, 7]
    assert batch.blocks["proof"].to_list() == ["header"]


def test_receipts_that_say_no_type_are_of_the_type_of_their_transactions() -> None:
    """Chains of geth's before typed receipts never say it (alloy#4106)."""

    def change(_header: Json, receipts: list[Json]) -> None:
        for one in receipts:
            del one["type"]

    payments = [signed(0, kind=0), signed(1, kind=1), signed(2, kind=2)]
    assert read([told(change, *payments)]).blocks["proof"].to_list() == ["header"]


@pytest.mark.parametrize("verify", ["strict", "off"])
@pytest.mark.parametrize("name", ["gasUsed", "timestamp", "gasLimit"])
def test_a_number_without_0x_is_not_guessed_at(name: str, verify: Verify) -> None:
    decimal = everywhere(lambda text: str(int(text, 16)), name)

    with pytest.raises(
        NodeMisbehaved, match=r"its number \d+ is written without 0x: it may be decimal or hex"
    ):
        read([told(decimal)], verify)


def test_money_that_nothing_proves_is_not_guessed_at() -> None:
    def change(header: Json, _receipts: list[Json]) -> None:
        header["transactions"][0].update(value="1000", nonce=None)

    with pytest.raises(ProofFailed, match="written without 0x: it may be decimal or hex"):
        read([told(change)])


def test_what_is_cut_off_is_not_filled_up_where_nothing_proves_it() -> None:
    for name in ("from", "hash"):
        cut = everywhere(lambda text: text[:-4], name)
        with pytest.raises(NodeMisbehaved):
            read([told(cut)])


def test_an_altered_block_is_refused_however_it_is_written() -> None:
    def change(header: Json, receipts: list[Json]) -> None:
        everywhere(loud, *HASHES, *ADDRESSES)(header, receipts)
        receipts[0]["logs"][0]["data"] = "0X" + "00" * 31 + "FF"

    with pytest.raises(ProofFailed, match="its receipts hash to 0x"):
        read([told(change)])


@pytest.mark.parametrize(
    ("text", "meant"), [("0x0", "0x"), ("", "0x"), ("0X", "0x"), ("A9", "0xa9"), ("0xA9", "0xa9")]
)
def test_bytes_are_as_many_as_there_are(text: str, meant: str) -> None:
    assert data(text) == meant


@pytest.mark.parametrize(
    ("read_as", "text"),
    [(data, "0xabc"), (data, "0xzz"), (quantity, "21000"), (quantity, "ff"), (quantity, "-0x1"),
     (lambda text: word(40, text), "0x1" + "00" * 20), (lambda text: word(40, text), "ab" * 19)],
)  # fmt: skip
def test_what_means_nothing_or_two_things_is_refused(read_as: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"is no hex|is no whole number|without 0x|is not of 20 bytes"):
        read_as(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [(True, True), ("true", True), (1, True), ("0x1", True), ("false", False), (0, False)],
)
def test_what_is_true_or_false_is_read_however_it_is_written(written: object, meant: bool) -> None:
    assert plainly({"isSystemTx": written}) == {"isSystemTx": meant}
    assert plainly({"status": meant, "number": True}) == {"status": hex(meant), "number": True}
