"""Transactions hash to the root of their block, and were signed by the wallet they name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import rlp
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks.answers import TransactionAnswer
from ingest.blocks.senders import recovered, sender_difference
from ingest.blocks.signed import Incomplete, UnknownType, encoded, signed_part, transactions_root
from ingest.blocks.trie import keccak
from tests.fixtures.mainnet import recorded_block, recorded_blocks

ALICE = Account.from_key(bytes([0x46] * 32))
BOB = "0x" + "35" * 20
KEY = "0x" + "07" * 32


def node(signed: Any, plain: dict[str, Any]) -> TransactionAnswer:
    """What a node would answer of a transaction that Alice signed."""
    hexed = {name: hex(value) if isinstance(value, int) else value for name, value in plain.items()}
    words = {"v": hex(signed.v), "r": hex(signed.r), "s": hex(signed.s)}
    answer = {
        "type": "0x0", **hexed, **words, "input": plain.get("data", "0x"), "from": ALICE.address.lower(),
        "hash": "0x" + bytes(signed.hash).hex(),
    }  # fmt: skip
    return msgspec.convert(answer, TransactionAnswer)


COMMON = {"nonce": 9, "gas": 21_000, "to": BOB, "value": 10**18, "data": "0x"}
FEES = {"maxPriorityFeePerGas": 2, "maxFeePerGas": 20 * 10**9, "chainId": 1}
ACCESS = {"accessList": [{"address": BOB, "storageKeys": [KEY, KEY]}, {"address": BOB, "storageKeys": []}]}
KINDS: dict[str, dict[str, Any]] = {
    "legacy, no chain": {**COMMON, "gasPrice": 20 * 10**9},
    "legacy": {**COMMON, "gasPrice": 20 * 10**9, "chainId": 1},
    "legacy on a chain of many digits": {**COMMON, "gasPrice": 0, "chainId": 1_313_161_554, "nonce": 0},
    "access list": {**COMMON, **ACCESS, "gasPrice": 1, "chainId": 1, "type": 1},
    "dynamic fee": {**COMMON, **FEES, "accessList": [], "type": 2, "data": "0x00", "value": 0},
    "one byte of data": {**COMMON, **FEES, "accessList": [], "type": 2, "data": "0x7f"},
    "much data": {**COMMON, **FEES, **ACCESS, "type": 2, "data": "0x" + "ab" * 70_000},
}


@pytest.mark.parametrize("plain", KINDS.values(), ids=KINDS)
def test_what_alice_signed_is_encoded_as_her_wallet_sent_it(plain: dict[str, Any]) -> None:
    signed = Account.sign_transaction(plain, ALICE.key)
    answer = node(signed, plain)

    assert encoded(answer) == bytes(signed.raw_transaction)
    assert recovered(answer) == bytes.fromhex(ALICE.address[2:])
    assert sender_difference([answer]) is None


def test_the_example_of_eip_155_is_signed_over_its_bytes() -> None:
    plain = {**COMMON, "gasPrice": 20 * 10**9, "chainId": 1}
    answer = node(Account.sign_transaction(plain, ALICE.key), plain)

    # the standard's own example: signing data and hash
    assert signed_part(answer).hex() == (
        "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080"
    )
    assert (
        keccak(signed_part(answer)).hex()
        == "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
    )


def test_a_contract_is_created_by_a_transaction_to_nobody() -> None:
    plain = {**COMMON, "gasPrice": 1, "chainId": 1, "to": "", "data": "0x6001", "gas": 100_000}
    signed = Account.sign_transaction(plain, ALICE.key)

    for nobody in (None, ""):
        answer = msgspec.structs.replace(node(signed, plain), to=nobody)
        assert encoded(answer) == bytes(signed.raw_transaction)


def test_a_delegation_is_encoded_with_its_authorizations() -> None:
    authorization = Account.sign_authorization({"chainId": 1, "address": BOB, "nonce": 3}, ALICE.key)
    plain = {**COMMON, **FEES, "accessList": [], "type": 4}
    signed = Account.sign_transaction({**plain, "authorizationList": [authorization]}, ALICE.key)
    given_by_node = {
        "chainId": "0x1", "address": BOB, "nonce": "0x3", "yParity": hex(authorization.y_parity),
        "r": hex(authorization.r), "s": hex(authorization.s),
    }  # fmt: skip
    answer = node(signed, {**plain, "authorizationList": [given_by_node]})

    assert encoded(answer) == bytes(signed.raw_transaction)
    assert sender_difference([answer]) is None


def test_a_blob_carrying_transaction_is_encoded_without_its_blobs() -> None:
    words = [b"\x01" + bytes(31), b"\x01" * 32]
    answer = msgspec.convert(
        {
            "hash": "0x" + "00" * 32, "from": BOB, "to": BOB, "value": "0x0", "nonce": "0x1", "gas": "0x5208",
            "input": "0x", "type": "0x3", "chainId": "0x1", "maxFeePerGas": "0x3",
            "maxPriorityFeePerGas": "0x2", "maxFeePerBlobGas": "0x4",
            "blobVersionedHashes": ["0x" + word.hex() for word in words],
            "accessList": [], "yParity": "0x1", "r": "0x05", "s": "0x6",
        },
        TransactionAnswer,
    )  # fmt: skip
    to = bytes.fromhex(BOB[2:])
    # EIP-4844: chain, nonce, tip, fee, gas, to, value, data, access list, blob fee, hashes, parity, r, s
    fields = [1, 1, 2, 3, 21_000, to, 0, b"", [], 4, words, 1, 5, 6]

    assert encoded(answer) == b"\x03" + rlp.encode(fields)


@pytest.mark.parametrize("is_system", [True, False, None])
@pytest.mark.parametrize("minted", [None, "0x0", "0xde0b6b3a7640000"])
def test_a_deposit_from_l1_is_encoded_by_the_rule_of_its_stack(
    is_system: bool | None, minted: str | None
) -> None:
    source, sender = bytes([7] * 32), bytes([8] * 20)
    answer = msgspec.convert(
        {
            "hash": "0x" + "00" * 32, "from": "0x" + sender.hex(), "to": BOB, "value": "0x5", "gas": "0x6",
            "input": "0x0102", "type": "0x7e", "sourceHash": "0x" + source.hex(), "mint": minted,
            "isSystemTx": is_system, "nonce": "0x1234", "r": "0x0", "s": "0x0", "v": "0x0",
        },
        TransactionAnswer,
    )  # fmt: skip
    # the specification of deposits: rlp([source, from, to, mint, value, gas, is system, data])
    coins = int(minted or "0x0", 16)
    fields = [source, sender, bytes.fromhex(BOB[2:]), coins, 5, 6, int(is_system or 0), b"\x01\x02"]

    assert encoded(answer) == b"\x7e" + rlp.encode(fields)
    assert sender_difference([answer]) is None


@pytest.mark.parametrize("kind", ["0x7b", "0x64", "0x6a", "0x71", "0x7f", "0x5"])
def test_a_type_of_another_chain_is_not_guessed_at(kind: str) -> None:
    plain = KINDS["dynamic fee"]
    answer = node(Account.sign_transaction(plain, ALICE.key), plain)

    with pytest.raises(UnknownType, match=kind):
        encoded(msgspec.structs.replace(answer, type=kind))


@pytest.mark.parametrize("kind", ["legacy", "access list", "dynamic fee"])
def test_a_transaction_that_lacks_a_field_is_incomplete_not_another_one(kind: str) -> None:
    answer = node(Account.sign_transaction(KINDS[kind], ALICE.key), KINDS[kind])
    needed = {
        "legacy": ("nonce", "gas_price", "gas", "value", "input", "v", "r", "s"),
        "access list": ("nonce", "gas_price", "chain_id", "access_list", "v", "r", "s"),
        "dynamic fee": (
            "nonce",
            "max_fee_per_gas",
            "max_priority_fee_per_gas",
            "chain_id",
            "access_list",
            "r",
        ),
    }[kind]

    for name in needed:
        with pytest.raises(Incomplete):
            encoded(msgspec.structs.replace(answer, **{"data": None, name: None}))


@given(
    nonce=st.integers(0, 2**64 - 2), value=st.integers(0, 2**256 - 1), data=st.binary(max_size=70),
    is_typed=st.booleans(),
)  # fmt: skip
def test_any_payment_of_alice_is_encoded_and_recovered(
    nonce: int, value: int, data: bytes, is_typed: bool
) -> None:
    sent = {"nonce": nonce, "value": value, "data": "0x" + data.hex(), "to": BOB, "gas": 90_000, "chainId": 5}
    plain = {**sent, **FEES, "type": 2, "accessList": []} if is_typed else {**sent, "gasPrice": 7}
    signed = Account.sign_transaction(plain, ALICE.key)
    answer = node(signed, plain)

    assert encoded(answer) == bytes(signed.raw_transaction)
    assert sender_difference([answer]) is None


def test_a_payment_said_to_be_of_somebody_else_is_told_apart() -> None:
    plain = KINDS["dynamic fee"]
    answer = node(Account.sign_transaction(plain, ALICE.key), plain)

    forged = msgspec.structs.replace(answer, sender=BOB)
    assert f"is signed by {ALICE.address.lower()}, not by {BOB}" in (sender_difference([forged]) or "")
    renamed = msgspec.structs.replace(answer, hash=KEY)
    assert f"not to {KEY}" in (sender_difference([answer, renamed]) or "")
    scrawled = msgspec.structs.replace(answer, r="0x" + "ff" * 32)
    hashed = msgspec.structs.replace(scrawled, hash="0x" + keccak(encoded(scrawled)).hex())
    assert "is signed by nobody" in (sender_difference([hashed]) or "")


def test_a_wallet_that_a_development_node_impersonates_signs_nothing() -> None:
    plain = KINDS["dynamic fee"]
    answer = node(Account.sign_transaction(plain, ALICE.key), plain)
    unsigned = msgspec.structs.replace(answer, r="0x0", s="0x0", sender=BOB, hash=KEY)

    assert sender_difference([unsigned]) is None


def test_every_recorded_mainnet_block_hashes_to_its_transactions_root_and_senders() -> None:
    for name in recorded_blocks("mainnet"):
        block = recorded_block(f"mainnet/{name}").block
        assert "0x" + transactions_root(block.transactions).hex() == block.transactions_root, name
        assert sender_difference(block.transactions) is None, name
