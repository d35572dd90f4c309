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


LOOKALIKE = "0x" + "ab" * 20


def test_a_sentence_about_its_subject_begins_with_words() -> None:
    told = f"{LOOKALIKE} imitates {'0x' + 'cd' * 20}, which {'0x' + '12' * 20} has paid."
    assert wording.sentence(told, "wallet", LOOKALIKE, 400) == (
        "This wallet imitates 0xcdcdcd…cdcdcd, which 0x121212…121212 has paid."
    )
    assert wording.sentence(told, "wallet", "0x" + "99" * 20, 400).startswith(
        "Address 0xababab…ababab imitates"
    )
    assert wording.sentence(f"Money of {LOOKALIKE} went.", "flow", LOOKALIKE, 400) == (
        "Money of 0xababab…ababab went."
    )


@pytest.mark.parametrize("most", range(20, 80))
def test_a_sentence_ends_with_a_whole_word_and_a_whole_address(most: int) -> None:
    told = f"Money of {LOOKALIKE}, and of {'0x' + 'cd' * 32} too, was passed on."
    whole = "Money of 0xababab…ababab, and of 0xcdcdcd…cdcdcd too, was passed on."
    words = whole.split()
    shown = wording.sentence(told, "flow", None, most)
    assert len(shown) <= most
    assert shown.removesuffix("…").split() == words[: len(shown.removesuffix("…").split())]
    assert shown.endswith("…") == (most < len(whole))


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
