"""Names from the chain are shown with nothing hidden in them."""

import pytest

from detectors.alerts.text import printable


def test_an_honest_symbol_is_left_as_it_is() -> None:
    assert printable(b"USDC") == "USDC"
    assert printable("Größe 円 🐸".encode()) == "Größe 円 🐸"


def test_html_is_kept_as_text_and_the_right_to_left_mark_becomes_visible() -> None:
    name = "<img src=x onerror=alert(1)>\u202eCDSU"
    assert printable(name.encode()) == r"<img src=x onerror=alert(1)>\u{202e}CDSU"


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("\n", r"\u{000a}"),
        ("\x1b", r"\u{001b}"),
        ("\u200b", r"\u{200b}"),  # zero-width space
        ("\u2066", r"\u{2066}"),  # left-to-right isolate
        ("\ufeff", r"\u{feff}"),  # byte order mark
        ("\u00a0", r"\u{00a0}"),  # no-break space: not the space a reader takes it for
        ("\u3164", r"\u{3164}"),  # Hangul filler: a letter that draws nothing
        ("\ufe0f", r"\u{fe0f}"),  # variation selector
        ("\U000e0041", r"\u{e0041}"),  # tag letter
    ],
)
def test_what_draws_nothing_is_written_out(hidden: str, shown: str) -> None:
    assert printable(f"US{hidden}DC".encode()) == f"US{shown}DC"


def test_a_name_is_cut_at_256_bytes() -> None:
    assert printable(b"A" * 10_000) == "A" * 256


def test_a_character_cut_in_half_shows_the_bytes_that_are_left() -> None:
    # 255 letters leave one byte, the first of the three (e2 82 ac) of the euro sign.
    assert printable(b"A" * 255 + "€".encode()) == "A" * 255 + r"\xe2"


def test_bytes_that_are_no_text_are_shown_as_bytes() -> None:
    assert printable(b"\xff\xfeT") == r"\xff\xfeT"


def test_the_padding_of_a_bytes32_name_is_left_out() -> None:
    assert printable(b"MKR".ljust(32, b"\0")) == "MKR"


def test_doing_it_twice_changes_nothing() -> None:
    once = printable("a\u202eb\u200b".encode())
    assert printable(once.encode()) == once
