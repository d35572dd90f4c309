"""What proved bytes say, read back: who signed a transaction, for which chain, and what it moved."""

from __future__ import annotations

import pytest

from ingest.blocks import rlp
from ingest.blocks.senders import sender_of
from ingest.blocks.unpacked import header_of, receipt_of, signed_of
from tests.fixtures.frames import address
from tests.fixtures.made_blocks import paid
from tests.fixtures.signed_chain import Sent, signed, who


@pytest.mark.parametrize("kind", [0, 2])
def test_a_signed_transaction_says_who_sent_it_and_for_which_chain(kind: int) -> None:
    _, envelope = signed(Sent("alice", who("bob"), 7, nonce=3, kind=kind, data=b"\x01"), chain_id=10)
    told = signed_of(envelope)

    assert sender_of(envelope) == who("alice")
    assert (told.kind, told.nonce, told.to, told.value, told.input) == (kind, 3, who("bob"), 7, b"\x01")
    assert told.chain_id == 10


def test_nobody_signed_what_has_no_signature_and_a_deposit_names_its_sender() -> None:
    """Development nodes let the first pass; the second is an OP-stack chain's."""
    bare = rlp.encode([b"", b"", b"", address("bob"), b"\x07", b"", b"", b"", b""])
    deposit = b"\x7e" + rlp.encode([bytes(32), address("alice"), address("bob"), b"", b"\x07", b"", b"", b""])

    assert sender_of(bare) is None
    assert sender_of(deposit) == address("alice")
    assert (signed_of(deposit).value, signed_of(deposit).nonce, signed_of(deposit).chain_id) == (
        7,
        None,
        None,
    )


def test_a_receipt_says_what_its_logs_are() -> None:
    made = paid(0, 2, logs=2)
    told = receipt_of(made.encoded)

    assert (told.kind, told.status, told.gas) == (2, 1, 21_000)
    assert [log.address for log in told.logs] == [address("token")] * 2
    assert receipt_of(paid(0, 0, outcome=b"\x07" * 32).encoded).status is None


def test_celos_first_headers_have_their_fields_elsewhere() -> None:
    roots = [bytes((n,)) * 32 for n in range(4)]
    told = header_of(
        rlp.encode([roots[0], address("miner"), *roots[1:], bytes(256), b"\x64", b"", b"\x05", b""])
    )

    assert (told.number, told.time, told.transactions_root, told.receipts_root) == (
        100,
        5,
        roots[2],
        roots[3],
    )


@pytest.mark.parametrize("data", [b"", b"\xc0", b"\x7f\xc0", b"\x02\x80", rlp.encode([[]] * 12)])
def test_what_is_nothing_of_it_is_refused(data: bytes) -> None:
    for read in (header_of, receipt_of, signed_of):
        with pytest.raises(ValueError):
            read(data)
