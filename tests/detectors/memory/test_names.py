"""Names: addresses are numbered as they come, learn each fact once, and a rollback undoes both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.memory import numbers, slots
from detectors.memory.errors import MemoryFull
from detectors.memory.names import Names, address_words
from detectors.memory.numbering import Numbering
from tests.detectors.memory.oracle import plain

ALICE, BOB, CAROL = (bytes([n]) * 20 for n in (1, 2, 3))
ZERO = bytes(20)


def names() -> Names:
    made = Names()
    made.begin()
    made.keep_journal(True)
    return made


def number(of: Names, *addresses: bytes, block: int = 1) -> list[int]:
    blocks = np.full(len(addresses), block)
    return plain(of.number(address_words(addresses), blocks, 10 * blocks))


def find(of: Names, address: bytes, as_of: int) -> int:
    return int(of.find(address_words([address]), as_of)[0])


def test_numbers_follow_the_first_row_and_the_zero_address_was_always_there() -> None:
    book = names()
    assert number(book, ALICE, BOB, ALICE, ZERO) == [1, 2, 1, 0]
    assert number(book, CAROL, BOB, block=2) == [3, 2]
    assert book.addresses([0, 3, 1]) == [ZERO, CAROL, ALICE]
    assert book.address(2) == BOB
    assert (book.seen(1), book.seen(3), book.seen(0)) == ((1, 10), (2, 20), (-1, 0))


def test_addresses_that_share_a_fingerprint_are_told_apart_also_within_one_piece() -> None:
    """65,000 addresses share 31 bits about once; here some are looked for that do."""
    book = names()
    words = np.random.default_rng(5).integers(0, 2**32, (200_000, 5), np.uint32)
    marks = np.array([numbers._mark(book.arena, words, row, 5) for row in range(len(words))])
    order = np.argsort(marks, kind="stable")
    same = np.flatnonzero(np.diff(marks[order]) == 0)
    assert len(same)
    pair = words[order[[same[0], same[0] + 1, same[0], same[0] + 1]]]
    one = np.ones(4, np.int64)
    assert plain(book.number(pair, one, one)) == [1, 2, 1, 2]
    assert plain(book.number(pair[::-1].copy(), one, one)) == [2, 1, 2, 1]
    assert plain(book.find(pair, 1)) == [1, 2, 1, 2]
    book.undo(0)
    assert plain(book.number(pair[1:2], one, one)) == [1]
    assert plain(book.find(pair, 1)) == [-1, 1, -1, 1]


def test_the_index_of_many_names_gives_its_old_levels_back() -> None:
    book = names()
    words = np.random.default_rng(5).integers(0, 2**32, (100_000, 5), np.uint32)
    for piece in np.split(words, 100):
        ones = np.ones(len(piece), np.int64)
        book.number(piece, ones, ones)
    assert book._left.level == book.arena[slots.BITS]
    assert plain(book.find(words, 1)) == list(range(1, 100_001))


def test_the_addresses_of_rows_are_numbered_by_row_and_in_it_by_place() -> None:
    """Bob pays Alice; Alice pays nobody; Carol is paid by nobody."""
    book = names()
    words = address_words([BOB, ALICE, ALICE, ZERO, ZERO, CAROL]).reshape(3, 2, 5)
    there = np.array([[True, True], [True, False], [False, True]])
    blocks = np.array([4, 5, 6])
    assert book.number_places(words, there, blocks, 10 * blocks).tolist() == [[1, 2], [2, -1], [-1, 3]]
    assert [book.seen(number) for number in (1, 2, 3)] == [(4, 40), (4, 40), (6, 60)]
    nobody = np.zeros((0, 2), bool)
    assert book.number_places(words[:0], nobody, blocks[:0], blocks[:0]).shape == (0, 2)


def test_nobody_is_found_as_of_a_block_before_their_first() -> None:
    book = names()
    number(book, ALICE, block=5)
    assert [find(book, ALICE, block) for block in (4, 5, 6)] == [-1, 1, 1]
    assert find(book, BOB, 6) == -1
    assert find(book, ZERO, -1) == 0


def test_a_fact_is_written_once_with_its_block_and_not_said_as_of_earlier_ones() -> None:
    book = names()
    number(book, ALICE, BOB)
    assert book.tell(1, "funder", 4, value=2)
    assert not book.tell(1, "funder", 5, value=1)
    assert [book.told(1, "funder", block) for block in (3, 4, 9)] == [None, (4, 2), (4, 2)]
    assert book.tell(1, "signed", 6)
    assert book.told(1, "signed", 6) == (6, None)
    assert book.told(2, "signed", 6) is None


def test_a_record_is_one_cache_line() -> None:
    assert names().segments.cells.strides[0] == 64


def test_every_fact_has_columns_of_its_own() -> None:
    book = names()
    number(book, ALICE)
    for i, fact in enumerate(book.facts):
        book.tell(1, fact, 10 + i, value=20 + i)
    said = {fact: book.told(1, fact, 99) for fact in book.facts}
    assert said == {
        "signed": (10, None),
        "emitted": (11, None),
        "born": (12, None),
        "creator": (13, 23),
        "code": (14, 24),
        "funder": (15, 25),
    }
    assert (book.seen(1), book.address(1)) == ((1, 10), ALICE)


def test_a_rollback_undoes_numbers_and_facts() -> None:
    book = names()
    number(book, ALICE)
    book.tell(1, "signed", 1)
    number(book, BOB, block=2)
    book.tell(1, "funder", 2, value=2)
    book.undo(1)
    assert (book.count, find(book, BOB, 9), book.told(1, "funder", 9)) == (2, -1, None)
    assert book.told(1, "signed", 9) == (1, None)
    assert number(book, CAROL, BOB, block=2) == [2, 3]
    assert book.tell(1, "funder", 2, value=3)
    assert book.told(3, "signed", 9) is None


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=200), st.integers(0, 200))
def test_numbers_after_a_rollback_are_those_of_a_book_that_never_saw_the_rest(
    people: list[int], kept: int
) -> None:
    book, twin = names(), names()
    for block, person in enumerate(people):
        number(book, person.to_bytes(20, "big"), block=block)
    book.undo(kept - 1)
    for block, person in enumerate(people[:kept]):
        number(twin, person.to_bytes(20, "big"), block=block)
    everybody = address_words([n.to_bytes(20, "big") for n in range(41)])
    assert plain(book.find(everybody, 999)) == plain(twin.find(everybody, 999))
    assert book.until(999) == twin.until(999)


def test_what_there_was_at_an_earlier_block_has_the_sum_it_had_then() -> None:
    book = names()
    sums = []
    for block in range(1, 20):
        number(book, bytes([block]) * 20, ALICE, block=block)
        book.tell(block // 2 + 1, "signed", block)
        sums.append(book.until(block))
    assert [book.until(block) for block in range(1, 20)] == sums
    assert len(set(sums)) == len(sums)


def test_items_have_numbers_too() -> None:
    """A token's number and a 256-bit item id are nine words."""
    items = Numbering(9)
    keys = np.zeros((3, 9), np.uint32)
    keys[:, 0], keys[1, 8] = (4, 4, 5), 1
    ones = np.ones(3, np.int64)
    assert plain(items.number(keys, ones, ones)) == [0, 1, 2]
    assert plain(items.find(keys[::-1].copy(), 1)) == [2, 1, 0]
    assert np.array_equal(items.keys(np.array([1])), keys[1:2])


def test_more_than_32_bits_are_refused() -> None:
    book = names()
    with pytest.raises(MemoryFull, match="keeps numbers in 32 bits: block 4294967295"):
        number(book, ALICE, block=2**32 - 1)
    with pytest.raises(MemoryFull, match="too much for it"):
        book.reserve(2**31)


def test_a_journal_is_kept_only_where_blocks_may_leave_and_finds_room() -> None:
    book = names()
    everybody = [n.to_bytes(20, "big") for n in range(1, 3000)]
    number(book, *everybody)
    for i in range(1, 3000):
        book.tell(i, "signed", i)
        book.forget(i - 10)
    book.undo(2995)
    assert [book.told(i, "signed", 9999) is None for i in (2995, 2996)] == [False, True]
    book.keep_journal(False)
    book.tell(2999, "signed", 2999)
    book.undo(2998)
    assert book.told(2999, "signed", 2999) is not None
