"""What names read like, and what they promise; whatever bytes they are."""

from __future__ import annotations

import pytest

from detectors.parts.baits import CLAIM, HOSTILE, LINK, bait
from detectors.parts.skeletons import keys, skeletons, spelling

HOSTILE_NAMES = [
    b"", b"\0" * 300, b"\xff" * 64, b"\xed\xa0\x80", b"USDC\xed\xa0\x80", b"A" * 10_000,
    b"<script>alert(1)</script>", "\u202eCDSU\u202c".encode(), "\u200b".encode() * 99,
    ("U" + "\u0300" * 400).encode(), "\U000e0061".encode(), "\ufdfa".encode() * 900, b"\0USDC\0",
    b"a" * 9_000 + b".com",
    ("x." * 4_000).encode(), b"\x1b[2J", "\u0130".encode() * 40,
]  # fmt: skip
"""Markup, marks of direction, what nobody sees, 10 kB, a lone surrogate, NUL, what grows in normalisation."""


def alike(one: str, other: str) -> bool:
    return bool(set(keys(one.encode())) & set(keys(other.encode())))


@pytest.mark.parametrize(
    "false",
    [
        "U\u0405DC", "\u054dSDC", "\uff35\uff33\uff24\uff23", "US\u200bDC", "\u202eUSDC\u202c", "usdc",
        "\U0001d414SDC", " USDC", "USDC.", "$USDC", "US\u00adDC",
        "U\ufe0fSDC", "USDC\0", "\u24ca\u24c8\u24b9\u24b8",
    ],
)  # fmt: skip
def test_what_alice_takes_for_usdc_shares_a_key_with_it(false: str) -> None:
    assert alike(false, "USDC")


@pytest.mark.parametrize("false", ["LlNK", "L1NK", "link", "\u13deINK", "L\u0406NK", "LINK\u2060"])
def test_what_bob_takes_for_link_shares_a_key_with_it(false: str) -> None:
    assert alike(false, "LINK")


@pytest.mark.parametrize("other", ["USDC.e", "USDT", "aUSDC", "USDCoin", "USD\u0300C", "", "\u200b"])
def test_another_word_does_not(other: str) -> None:
    assert not alike(other, "USDC")


def test_letters_drawn_as_two_read_like_them() -> None:
    assert alike("rnaple", "maple")


def test_another_spelling_is_told_from_another_case() -> None:
    assert spelling(b"usdc") == spelling(b"$USDC")
    assert spelling("US\u200bDC".encode()) != spelling(b"USDC")


@pytest.mark.parametrize("raw", HOSTILE_NAMES, ids=lambda raw: raw[:12].hex() or "empty")
def test_hostile_names_end_and_raise_nothing(raw: bytes) -> None:
    assert len(keys(raw)) <= 2
    assert all(len(each) <= 256 for each in skeletons(raw))
    assert isinstance(spelling(raw), int)
    assert bait(raw, raw) in range(8)


def test_a_name_of_which_nothing_is_seen_reads_like_nothing() -> None:
    assert keys("\u200b\u2060\u3164".encode()) == ()
    assert keys(None) == ()


def test_a_link_and_a_promise_are_a_bait() -> None:
    assert bait(b"Visit claim-eth.xyz to claim your reward", b"ETH") == LINK | CLAIM
    assert bait(b"Voucher", b"t.me/usdcbonus") == LINK | CLAIM
    assert bait(b"$ get.net - Claim 5 ETH", None) & CLAIM


def test_honest_dots_and_brands_are_none() -> None:
    for name, symbol in (
        (b"USD Coin", b"USDC.e"),
        (b"Wrapped BTC", b"WBTC.b"),
        (b"Harbour", b"MY"),
        (b"Based", b"GT"),
    ):
        assert bait(name, symbol) == 0


def test_a_project_called_by_its_domain_has_a_link_and_promises_nothing() -> None:
    assert bait(b"yearn.finance", b"YFI") == LINK


def test_markup_formulas_and_piles_of_accents_attack_whoever_shows_them() -> None:
    for name in ("<img src=x>", "[claim](x)", '=HYPERLINK("x")', "A" + "\u0300" * 40, "\u202eA", "A" * 300):
        assert bait(name.encode()) & HOSTILE
