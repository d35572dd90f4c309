"""What a node says of a payment is held against the root over the block's transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from eth_account import Account

from ingest.blocks import rlp
from ingest.blocks import signed as signing
from ingest.blocks.answers import Answer, TransactionAnswer
from ingest.blocks.transactions import Whole
from ingest.blocks.trie import EMPTY_ROOT, ordered_root
from ingest.blocks.verify import Rules, verified_batch
from ingest.model.batch import Batch
from ingest.model.errors import ProofFailed
from tests.fixtures.frames import keccak
from tests.fixtures.made_blocks import Json, MadeBlock, paid
from tests.fixtures.mainnet import recorded_block

ALICE = Account.from_key(bytes([0x46] * 32))
BOB, MALLORY = "0x" + "35" * 20, "0x" + "3a" * 20


def signed(nonce: int, kind: int = 2) -> tuple[bytes, Json]:
    """A payment of Alice to Bob: as her wallet sends it, and as a node tells of it."""
    fees = {"gasPrice": 7} if kind < 2 else {"maxFeePerGas": 9, "maxPriorityFeePerGas": 1}
    listed = {"accessList": [], "type": kind} if kind else {}
    sent = {"nonce": nonce, "gas": 21_000, "to": BOB, "value": 10**18, "chainId": 1, **fees, **listed}
    made = Account.sign_transaction(sent, ALICE.key)
    told = {name: hex(value) if isinstance(value, int) else value for name, value in sent.items()}
    words = {"v": hex(made.v), "r": hex(made.r), "s": hex(made.s)}
    who = {"hash": "0x" + bytes(made.hash).hex(), "from": ALICE.address.lower(), "input": "0x"}
    return bytes(made.raw_transaction), {"type": "0x0", **told, **words, **who}


def block(*payments: tuple[bytes, Json], root: bytes | None = None) -> Answer:
    """A block of payments whose header holds the root over them, or another."""
    made = ordered_root([raw for raw, _ in payments]) if root is None else root
    receipts = [
        replace(receipt, sent=told, told={**receipt.told, "transactionHash": told["hash"]})
        for at, (_, told) in enumerate(payments)
        for receipt in (paid(at, int(told["type"], 16)),)
    ]
    return MadeBlock(header={"transactionsRoot": "0x" + made.hex()}, receipts=receipts).answer()


def read(answers: Sequence[Answer], rules: Rules | None = None, rejected: list[str] | None = None) -> Batch:
    noted = [] if rejected is None else rejected
    return verified_batch(1, answers, None, rules or Rules(), lambda _n, reason, _s: noted.append(reason))


def altered(answer: Answer, at: int = 0, /, **changes: Any) -> Answer:
    sent = list(answer.block.transactions)
    sent[at] = msgspec.structs.replace(sent[at], **changes)
    return replace(answer, block=msgspec.structs.replace(answer.block, transactions=sent))


def said(batch: Batch) -> list[tuple[str, str]]:
    return batch.blocks.select("proof", "transactions_proof").rows()


LIES: dict[str, dict[str, Any]] = {
    "more value": {"value": "0x0de0b6b3a7640001"},
    "no value": {"value": "0x0"},
    "another payee": {"to": MALLORY},
    "a created contract": {"to": None},
    "other call data": {"input": "0x00"},
    "another nonce": {"nonce": "0x7"},
    "another gas limit": {"gas": "0x5209"},
    "another chain": {"chain_id": "0x5"},
    "another signature": {"s": "0x1"},
}


def test_payments_that_hash_to_their_root_are_proved() -> None:
    batch = read([block(signed(0), signed(1), signed(2, kind=1))])

    assert said(batch) == [("header", "root")]


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_node_that_alters_a_payment_of_alice_is_refused(lie: dict[str, Any]) -> None:
    honest = block(signed(0), signed(1))

    with pytest.raises(ProofFailed, match=r"its transactions hash to 0x[0-9a-f]{64}, its header says"):
        read([altered(honest, 1, **lie)])


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_under_warn_an_altered_payment_is_marked_and_said(lie: dict[str, Any]) -> None:
    rejected: list[str] = []
    batch = read([altered(block(signed(0)), **lie)], Rules("warn"), rejected)

    assert said(batch) == [("none", "none")]
    assert "its transactions hash to" in rejected[0]


def test_a_node_that_is_not_looked_at_proves_nothing() -> None:
    assert said(read([block(signed(0))], Rules("off"))) == [("none", "none")]


@pytest.mark.parametrize("field", ["nonce", "gas", "chain_id", "max_fee_per_gas", "r", "v"])
def test_a_node_that_never_gave_a_field_is_read_without_that_proof(field: str) -> None:
    answer = altered(block(signed(0)), 0, **{field: None})

    assert said(read([answer])) == [("header", "none")]


@pytest.mark.parametrize("field", ["nonce", "gas", "chain_id", "max_fee_per_gas", "access_list", "r", "v"])
def test_a_node_that_gave_a_field_before_may_not_leave_it_out(field: str) -> None:
    rules = Rules()
    read([block(signed(0))], rules)

    lacking = altered(block(signed(1)), 0, value="0x0", **{field: None})
    with pytest.raises(ProofFailed, match="lacks what this node gave of others"):
        read([lacking], rules)


def test_a_node_that_leaves_out_fields_of_one_type_only_goes_on_being_read() -> None:
    rules = Rules()
    read([block(signed(0, kind=0))], rules)

    assert said(read([altered(block(signed(1)), nonce=None)], rules)) == [("header", "none")]


@pytest.mark.parametrize(
    "empty", [{"access_list": None}, {"input": None}, {"input": ""}, {"input": None, "access_list": None}]
)
def test_what_is_empty_may_be_left_out_and_the_root_says_so(empty: Json) -> None:
    rules = Rules(senders=True)

    assert said(read([block(signed(0))], rules)) == [("header", "root")]
    assert said(read([altered(block(signed(1)), **empty)], rules)) == [("header", "root")]
    with pytest.raises(ProofFailed, match=r"lacks what this node gave|hash to 0x"):
        read([altered(block(signed(2)), **empty, value="0x0")], rules)


@pytest.mark.parametrize("parity", [0, 1, 27, 28])
@pytest.mark.parametrize("said_as", ["y_parity", "v"])
def test_a_delegation_holds_the_parity_that_was_signed_however_a_node_calls_it(
    parity: int, said_as: str
) -> None:
    """EIP-7702: whatever byte stands there is under the root, also one that makes the delegation void."""
    word_ = {"chain_id": 1, "address": BOB, "nonce": 1, "r": 5, "s": 6}
    raw, told = delegating(word_, parity)
    given = {"chainId": "0x1", "address": BOB, "nonce": "0x1", "r": "0x5", "s": "0x6"}
    spelled = {**told, "authorizationList": [{**given, _camel(said_as): hex(parity)}]}

    assert said(read([block((raw, spelled))])) == [("header", "root")]
    changed = {**told, "authorizationList": [{**given, _camel(said_as): "0x2"}]}
    with pytest.raises(ProofFailed, match="its transactions hash to"):
        read([block((raw, changed))])


def delegating(given: Json, parity: int) -> tuple[bytes, Json]:
    """A transaction of type 4 that carries one authorization, encoded by hand (EIP-7702)."""
    to = bytes.fromhex(BOB[2:])
    listed: list[rlp.Item] = [
        rlp.number(1),
        to,
        rlp.number(given["nonce"]),
        rlp.number(parity),
        b"\x05",
        b"\x06",
    ]
    front: list[rlp.Item] = [b"\x01", b"", b"\x01", b"\x09", rlp.number(21_000), to, b"", b"", []]
    raw = b"\x04" + rlp.encode([*front, [listed], b"", b"\x07", b"\x08"])
    told = {"chainId": "0x1", "nonce": "0x0", "maxPriorityFeePerGas": "0x1", "maxFeePerGas": "0x9",
            "gas": "0x5208", "to": BOB, "value": "0x0", "input": "0x", "accessList": [], "yParity": "0x0",
            "r": "0x7", "s": "0x8", "type": "0x4", "from": BOB,
            "hash": "0x" + keccak(raw).hex()}  # fmt: skip
    return raw, told


def _camel(name: str) -> str:
    return {"y_parity": "yParity"}.get(name, name)


def test_each_transaction_is_encoded_once_also_where_senders_are_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded, truly = list[str](), signing.encoded

    def counted(transaction: TransactionAnswer) -> bytes:
        encoded.append(transaction.hash)
        return truly(transaction)

    monkeypatch.setattr("ingest.blocks.transactions.encoded", counted)
    monkeypatch.setattr(signing, "encoded", counted)
    payments = [signed(0), signed(1, kind=0), signed(2, kind=1)]
    assert said(read([block(*payments)], Rules(senders=True))) == [("header", "root")]
    assert encoded == [told["hash"] for _, told in payments]


def test_another_node_is_not_held_to_what_the_first_one_gives() -> None:
    rules = Rules(whole=Whole(transactions={("http://another", 2)}))

    assert said(read([altered(block(signed(0)), nonce=None)], rules)) == [("header", "none")]


@pytest.mark.parametrize("kind", ["0x64", "0x6a", "0x71", "0x7b", "0x7f"])
def test_types_of_other_chains_stay_readable(kind: str) -> None:
    raw, told = signed(0)
    other = {name: value for name, value in told.items() if name not in ("r", "s", "v", "accessList")}

    assert said(read([block(signed(1), (raw, {**other, "type": kind}))])) == [("header", "none")]


def test_a_type_that_its_receipt_does_not_have_is_no_way_past_the_proof() -> None:
    hidden = altered(block(signed(0)), type="0x71", value="0x0")

    with pytest.raises(ProofFailed, match="is of type 0x71, its receipt of 0x2"):
        read([hidden])


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_a_type_that_is_not_said_is_that_of_the_receipt(kind: int) -> None:
    assert said(read([altered(block(signed(0, kind)), type=None)])) == [("header", "root")]


def test_a_block_without_transactions_needs_no_proof_of_them() -> None:
    assert said(read([block()])) == [("header", "root")]
    # its receipts root is that of nothing: whatever the other root says, nothing was left out
    assert said(read([block(root=b"\x17" * 32)])) == [("header", "none")]
    assert block().block.transactions_root == "0x" + EMPTY_ROOT.hex()


@pytest.mark.parametrize("value", ["0xzz", "0x-1", "zero"])
def test_a_value_that_is_no_number_is_one_clear_line(value: str) -> None:
    with pytest.raises(ProofFailed, match="a transaction holds what no transaction can"):
        read([altered(block(signed(0)), value=value)])


def test_a_sender_that_did_not_sign_is_refused_where_somebody_asked() -> None:
    forged = altered(block(signed(0), signed(1)), 1, sender=MALLORY)

    assert said(read([forged])) == [("header", "root")]
    with pytest.raises(ProofFailed, match=f"is signed by {ALICE.address.lower()}, not by {MALLORY}"):
        read([forged], Rules(senders=True))


def test_a_hash_that_is_not_the_transactions_is_refused_where_somebody_asked() -> None:
    honest = block(signed(0))
    name = "0x" + "77" * 32
    receipt = msgspec.structs.replace(honest.receipts[0], transaction_hash=name)
    renamed = replace(altered(honest, hash=name), receipts=[receipt])

    with pytest.raises(ProofFailed, match=f"transaction 0 hashes to .*, not to {name}"):
        read([renamed], Rules(senders=True))


def test_a_recorded_block_of_mainnet_is_proved_to_its_last_payment() -> None:
    answer = recorded_block("mainnet/17686110.json.gz")
    at = next(at for at, sent in enumerate(answer.block.transactions) if int(sent.value, 16))

    assert said(read([answer], Rules(senders=True)))[0][1] == "root"
    with pytest.raises(ProofFailed, match="its transactions hash to"):
        read([altered(answer, at, value="0x0")])


@pytest.mark.parametrize("extra", [{"eth_compatible": False}, {"fee_currency": BOB}, {"eth_value": "0x0"}])
def test_a_field_that_other_chains_add_is_no_way_past_the_proof(extra: dict[str, Any]) -> None:
    forged = altered(block(signed(0)), 0, value="0x0", **extra)

    with pytest.raises(ProofFailed, match="its transactions hash to"):
        read([forged])
    for chain_id in (42220, 5000):
        celos = verified_batch(chain_id, [forged], None, Rules(), lambda *_: None)
        assert said(celos) == [("header", "none")]


def test_a_root_that_a_node_gave_before_may_not_be_left_out() -> None:
    rules, first, honest = Rules(), block(signed(0)), block(signed(1))
    archived = replace(first, block=msgspec.structs.replace(first.block, mix_hash=None))
    assert said(read([archived], rules)) == [("receipts-root", "root")]

    rootless = replace(honest, block=msgspec.structs.replace(honest.block, transactions_root=None))
    assert said(read([rootless])) == [("receipts-root", "none")]
    with pytest.raises(ProofFailed, match="lacks the transactions root"):
        read([rootless], rules)


def test_numbers_are_read_however_a_node_spells_nothing() -> None:
    raw, told = signed(0)
    spelled = {**told, "yParity": "0x", "data": told["input"], "input": "0x"}

    assert said(read([block((raw, spelled))])) == [("header", "root")]


def test_storage_keys_are_read_without_their_zeros() -> None:
    full = [{"address": BOB, "storageKeys": ["0x" + "00" * 31 + "01", "0x" + "00" * 32]}]
    sent = {"nonce": 0, "gas": 60_000, "to": BOB, "value": 1, "chainId": 1, "type": 1, "gasPrice": 7}
    made = Account.sign_transaction({**sent, "accessList": full}, ALICE.key)
    short = [{"address": BOB, "storageKeys": ["0x1", "0x0"]}]
    told = {name: hex(value) if isinstance(value, int) else value for name, value in sent.items()}
    words = {"v": hex(made.v), "r": hex(made.r), "s": hex(made.s), "accessList": short}
    who = {"hash": "0x" + bytes(made.hash).hex(), "from": ALICE.address.lower(), "input": "0x"}

    assert said(read([block((bytes(made.raw_transaction), {**told, **words, **who}))])) == [
        ("header", "root")
    ]
