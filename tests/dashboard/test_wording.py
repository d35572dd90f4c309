"""Values as people read them."""

import pytest

from dashboard import wording


@pytest.mark.parametrize(
    ("units", "decimals", "shown"),
    [
        ("1234567890000000000000", 18, "1,234.56789"),  # 1234.56789 * 10^18
        ("5000000", 6, "5"),
        ("1", 18, "0.000000000000000001"),
        ("0", 18, "0"),
        ("42", 0, "42"),
        ("1000", None, "1,000 units"),
        (None, 18, ""),
        (str(2**256 - 1), 0, f"{2**256 - 1:,}"),
    ],
)
def test_an_amount_is_exact(units: str | None, decimals: int | None, shown: str) -> None:
    assert wording.amount(units, decimals) == shown


def test_addresses_are_short_and_other_text_is_cut() -> None:
    assert wording.short("0x" + "a1" * 20) == "0xa1a1a1…a1a1a1"
    assert wording.short("0x12") == "0x12"
    assert wording.short("x" * 30) == "x" * 23 + "…"


def test_a_token_without_a_symbol_is_called_by_its_address() -> None:
    assert wording.symbol("DAI", "0x" + "70" * 20) == "DAI"
    assert wording.symbol(None, "0x" + "70" * 20) == "0x707070…707070"
    assert wording.symbol(None, None) == "native coin"


def test_a_hostile_symbol_is_cut_and_nothing_hides_in_it() -> None:
    assert wording.symbol("US\u202eDC", None) == r"US\u{202e}DC"
    assert len(wording.symbol("A" * 10_000, None)) == 24


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "now"), (0.4, "now"), (42, "42 s ago"), (300, "5 min ago"), (7200, "2 h ago")]
)
def test_how_long_ago(seconds: float, said: str) -> None:
    assert wording.ago(seconds) == said


def test_a_measure_is_compared_with_its_threshold() -> None:
    assert wording.stands(3, 2) == wording.stands(2, 2) == "at or above"
    assert wording.stands(0.1, 2) == "below"
    assert wording.stands("open", "open") == "equal"
    assert wording.stands(3, None) == ""
