"""The table of events: it holds what `ingest.decode` holds, and one more event is one more line."""

from __future__ import annotations

from collections import Counter

import pytest

from detectors.kernels.decoding import decode as run
from detectors.kernels.decoding.events import EVENTS, Declared
from detectors.kernels.decoding.kinds import LAID, Kind
from detectors.kernels.decoding.one_pass import NATIVE
from detectors.kernels.decoding.program import Program, assembled, limbs, program, unused
from detectors.kernels.decoding.reading import E_TOPICS
from ingest import decode
from ingest.decode.shapes import signature as decode_signature
from tests.detectors.decoding.logs import PEOPLE
from tests.fixtures.frames import ChainBuilder, word
from tests.ingest.decode.rules import ALL

ALICE, _, CAROL, _ = PEOPLE


def shapes(known: Program) -> list[tuple[bytes, int]]:
    """The first topic and the number of topics of each event."""
    topics = [signature.astype(">u8").tobytes() for signature in known.signatures]
    return list(zip(topics, known.events[:, E_TOPICS].tolist(), strict=True))


def test_every_event_of_every_family_is_declared_and_no_other() -> None:
    families = [rule.event for rules in ALL.values() for rule in rules]
    expected = {(event.topic0, 1 + sum(p.indexed for p in event.parameters)) for event in families}
    moved = {
        (decode.TRANSFER, 3), (decode.TRANSFER, 4), (decode.TRANSFER_SINGLE, 4), (decode.TRANSFER_BATCH, 4),
        (decode.DEPOSIT, 2), (decode.WITHDRAWAL, 2),
    }  # fmt: skip

    assert set(shapes(program())) == expected | moved


def test_no_log_is_two_events() -> None:
    assert max(Counter(shapes(program())).values()) == 1


def test_every_kind_has_an_event_or_is_native_value() -> None:
    assert {line.kind for line in EVENTS} | {Kind.NATIVE} | LAID == set(Kind)
    assert Kind.NATIVE == NATIVE


@pytest.mark.parametrize(
    ("kind", "bits"),
    [
        ("address", 2**256 - 2**160),
        ("bool", 2**256 - 2),
        ("uint24", 2**256 - 2**24),
        ("int24", 2**256 - 2**23),
        ("int256", 2**255),
        ("uint256", 0),
        ("bytes32", 0),
        ("address[]", 2**256 - 2**160),
    ],
)
def test_the_bits_that_a_type_leaves_unused(kind: str, bits: int) -> None:
    assert unused(kind) == bits
    assert limbs(bits).tolist() == [bits >> shift & (2**64 - 1) for shift in (192, 128, 64, 0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Named(bytes4 indexed _)", "no words of bytes4 are read"),
        ("Named(uint256 small)", "uint256 is no small number"),
        ("Named(address small)", "address is no small number"),
        ("Named(string small)", "it is not kept"),
        (f"Named({', '.join(['uint256 _'] * 13)})", "a log of more words has no room"),
    ],
)
def test_a_line_that_the_pass_could_not_keep_is_refused(text: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        assembled((Declared(Kind.SYNC, text),))


def test_a_line_that_fills_no_column_is_refused() -> None:
    with pytest.raises(KeyError, match="amout"):
        assembled((Declared(Kind.SYNC, "Sync(uint112 amout)"),))


def test_one_more_event_is_one_more_line(monkeypatch: pytest.MonkeyPatch) -> None:
    more = Declared(Kind.SUPPLY, "Staked(address indexed source, string indexed _, int64 small)", own=True)
    monkeypatch.setattr("detectors.kernels.decoding.decoder.program", lambda: assembled((*EVENTS, more)))
    topics = (decode_signature("Staked(address,string,int64)"), word(ALICE), bytes([7]) * 32)
    chain = ChainBuilder().block().log(CAROL, topics, word(2**256 - 5)).log(CAROL, topics, word(2**63))

    rows = run(chain.batch())

    assert rows.kind.tolist() == [Kind.SUPPLY]
    assert rows.address("source").tobytes() == ALICE
    assert rows.address("asset").tobytes() == rows.address("emitter").tobytes() == CAROL
    assert rows.number("small").tolist() == [-5]
