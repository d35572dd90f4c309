"""Rules are read as they are written; what is none is refused with its line, its column and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.library.rules import limits
from detectors.library.rules.files import rule_of
from detectors.library.rules.parsing import parsed
from detectors.library.rules.tree import Among, Compared, IsKnown, Joined, Named, Node, Not, Sum, Written
from detectors.library.rules.wording import canonical, sentence, written
from ingest.model.errors import BadInput

HEAD = 'rule large\nsays "Much."\neach transfer names payee\nwhen '
ADDRESS, SELECTOR = "0x" + "ab" * 20, "0xa9059cbb"


def test_a_rule_says_back_what_it_does_in_a_sentence() -> None:
    rule = rule_of(
        HEAD + "value >= 10 coins and (payee_age < 1 hour or not direct) # as Ann wants it\n and met = 0", "f"
    )
    assert sentence(rule.rule, rule.table) == (
        "Of each transfer it alerts about the payee, with severity medium and score 0.5, where the value in "
        "coin is at least 10 coins and (the payee's age is less than 1 hour or not (the payer sent it "
        "itself)) and the number of payments between them before is 0."
    )


def test_rules_that_say_the_same_are_the_same_however_they_are_laid_out() -> None:
    one = parsed(HEAD + "value>=10 coins and(met=0)")
    other = parsed("# mine\n" + HEAD.replace("\n", "  \r\n\t") + "((value >= 10 coins)) and met = 0 # yes")
    assert one == other
    assert canonical(one) == canonical(other)
    assert canonical(one) != canonical(parsed(HEAD + "value >= 11 coins and met = 0"))


WRONG = {
    "": (1, 1, "the rule ends too early: write `rule`"),
    "rule Large": (1, 6, "`L` stands in no rule here: write a name (small letters and `-`)"),
    HEAD: (4, 6, "the rule ends too early: write `(`, `not`, `yes` or `no`"),
    HEAD + "value >= 10 coins and": (4, 27, "the rule ends too early"),
    HEAD + "value >= 10 coins coins": (4, 24, "`coins` cannot stand here: write `*` or `/`"),
    HEAD + "value ~ 3": (4, 12, "`~` stands in no rule here"),
    HEAD + "\nvalues > 3 wei": (5, 1, "`values` is no field of a transfer: did you mean `val"),
    HEAD + f"selector = {SELECTOR}": (4, 6, "it is one of a transaction: write `each"),
    HEAD + "nonsense > 3": (4, 6, "`nonsense` is no field of a transfer: see `undertow"),
    HEAD + "value > 3": (4, 12, "an amount of the coin is not compared with a plain number: write `10"),
    HEAD + "value > amount": (4, 12, "an amount of the coin is not compared with an amount of a token"),
    HEAD + "payee_age < 3 coins": (4, 16, "a time in seconds is not compared with an amount of the coin"),
    HEAD + "payer > payee": (4, 12, "an address is no more or less than another: write `=` or `!=`"),
    HEAD + "value * value > 3 wei": (4, 12, "an amount of the coin * an amount of the coin means nothing"),
    HEAD + "value * unusual > 3 wei": (4, 12, "multiplied by counts and written numbers only"),
    HEAD + "met + direct > 3": (4, 10, "a condition (yes or no) takes no part in arithmetic: compare it"),
    HEAD + "met": (4, 6, "what stands after `when` is a count: compare it with something"),
    HEAD + "met and direct": (4, 6, "`and` joins conditions, and this is a count: compare it first"),
    HEAD + "1 < 2": (4, 8, "two written values are always alike or not: compare a field"),
    HEAD + "1 is known": (4, 11, "what is written is always known: ask it of a field"),
    HEAD + f"payer in ({SELECTOR})": (4, 16, "`0xa9059cbb` is not an address: write `0x` and 40 digits"),
    HEAD + "payer = 0xab": (4, 14, "`0xab` has 2 digits: an address has 40, a selector 8"),
    HEAD + "value > 0.5 wei": (4, 14, "`0.5 wei` is no whole number of the least unit"),
    HEAD.replace("transfer", "loan") + "met = 0": (3, 6, "`each loan` is no line of a table"),
    HEAD.replace("payee", "thief") + "met = 0": (3, 21, "a transfer has no `thief` to name: write one of"),
    HEAD.replace("each transfer", "") + "met = 0": (1, 6, "the rule has no `each`: write `each transfer`"),
    HEAD.replace("when", "score 2 when") + "met = 0": (4, 7, "`2` is no score: write 0 to 1"),
    HEAD.replace("when", "severity grave when") + "met = 0": (4, 10, "`grave` is no severity: write one of"),
    HEAD.replace("when", "each transfer when") + "met = 0": (4, 1, "`each` stands twice: leave one"),
    HEAD + "met = 0 # \u202esafe": (4, 16, "`\\u{202e}` cannot be seen: take it out"),
    HEAD + "met = 0 \0": (4, 14, "`\\u{0000}` cannot be seen"),
    HEAD.replace("Much", "al\u200bice") + "met = 0": (2, 9, "`\\u{200b}` cannot be seen"),
    HEAD + "__import__('os').system('id') = 0": (4, 16, "`(` cannot stand here: write"),
    HEAD + "payer.address = 0": (4, 11, "`.` stands in no rule here"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=[told[2][:40] for told in WRONG.values()])
def test_what_is_no_rule_is_one_line_with_its_place_and_what_to_do(text: str) -> None:
    line, column, words = WRONG[text]
    with pytest.raises(BadInput) as refused:
        rule_of(text, "large.rule")
    said = str(refused.value)
    assert said.startswith(f"large.rule:{line}:{column}: ")
    assert words in said
    assert "\n" not in said and said.isprintable()


def _chain(word: str, term: str, count: int) -> str:
    return HEAD + f" {word} ".join([term] * count)


TOO_MUCH = {
    "bytes": (HEAD + "met = 0" + "#" * limits.FILE_BYTES, "longer than 8,000 bytes"),
    "terms": (_chain("and", "met = 0", 27), "the condition has 82 terms, at most 80"),
    "depth": (HEAD + "not " * limits.DEPTH + "direct", "more than 12 deep"),
    "parentheses of conditions": (HEAD + "(not " * 900 + "direct" + ")" * 900, "more than 12 deep"),
    "sums in sums": (_chain("+", "met", 3_000 // 6) + " > 3", "more than 12 deep"),
    "open parentheses": (HEAD + "(" * 7_900, "ends too early"),
    "nots": (HEAD + "not " * 1_900, "more than 12 deep|ends too early"),
    "arithmetic": (_chain("and", "met + met + met > 1", 5), "more than 8 signs of arithmetic"),
    "digits": (HEAD + f"met = {'9' * 31}", "more than 30 digits"),
    "decimals": (HEAD + f"unusual > 0.{'1' * 31}", "more than 30 digits"),
    "name": (HEAD.replace("large", "l" * 41) + "met = 0", "longer than 40 letters"),
    "sentence": (HEAD.replace("Much.", "M" * 241) + "met = 0", "240 characters"),
}  # fmt: skip


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_rule_is_bounded_so_none_never_ends(what: str) -> None:
    text, words = TOO_MUCH[what]
    with pytest.raises(BadInput, match=words):
        rule_of(text, "large.rule")


def test_what_is_just_within_the_bounds_is_a_rule() -> None:
    rule_of(_chain("and", "met = 0", 26), "f")
    rule_of(HEAD + "not " * (limits.DEPTH - 1) + "direct", "f")
    rule_of(HEAD + "(" * 1_000 + "direct" + ")" * 1_000, "f")
    rule_of(_chain("and", "met + met + met > 1", 4), "f")
    rule_of(HEAD + f"met = {'9' * 30}", "f")


_FIELDS = st.sampled_from(["value", "amount", "met", "payer_age", "direct", "unusual", "payer"]).map(Named)
_NUMBERS = st.sampled_from(["3", "0.25", "10 coins", "1 gwei", "2 hours", "20 %", "5 units", "1 day"])
_VALUES = st.one_of(_NUMBERS, st.sampled_from(["yes", "no", ADDRESS, SELECTOR]))


def value_of(text: str) -> Written:
    rule: Any = parsed(HEAD + f"met = {text}").when
    found: Written = rule.right
    return found


_LEAVES = st.one_of(_FIELDS, _VALUES.map(value_of))


def _sums(inside: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.builds(Sum, st.sampled_from("+-*/"), inside, inside)


_EXPRESSIONS: st.SearchStrategy[Node] = st.recursive(_LEAVES, _sums, max_leaves=4)
_COMPARISONS: st.SearchStrategy[Node] = st.one_of(
    st.builds(Compared, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), _EXPRESSIONS, _EXPRESSIONS),
    st.builds(Among, _EXPRESSIONS, st.lists(_VALUES.map(value_of), min_size=1, max_size=3).map(tuple)),
    st.builds(IsKnown, _FIELDS, st.booleans()),
    _FIELDS,
)
_CONDITIONS: st.SearchStrategy[Node] = st.recursive(
    _COMPARISONS,
    lambda inside: st.one_of(
        st.builds(Not, inside),
        st.builds(
            Joined, st.sampled_from(["and", "or"]), st.lists(inside, min_size=2, max_size=3).map(tuple)
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=60)
@given(_CONDITIONS)
def test_what_is_written_back_is_read_as_the_same(condition: Node) -> None:
    assert parsed(HEAD + written(condition)).when == condition
