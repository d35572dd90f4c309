"""Fields of transfers."""

from __future__ import annotations

from detectors.library.rules.columns import (
    ADDRESS,
    COUNT,
    FLAG,
    NUMBER,
    SECONDS,
    UNITS,
    WEI,
    Field,
    Lines,
    Named,
    Table,
    age,
    amounts,
    by_name,
    flag,
    known,
    number,
    of_row,
    person,
    said,
)
from detectors.library.rules.values import Values, known_where
from detectors.memory.layout import Array
from detectors.parts.contract import Seen


def _is_coin(lines: Lines) -> Array:
    found: Array = of_row("money")(lines) == 0
    return found


def _amount(lines: Lines) -> Values:
    return Values(amounts(of_row("amount")(lines)))


def _transferred(lines: Lines) -> Values:
    return known_where(lines.of(_amount).column, _is_coin(lines))


def _transfers(seen: Seen) -> Lines | None:
    known = seen.of("holdings").get("known")
    if known is None:
        return None
    at = known["row"] - int(seen.rows["number"][0])
    return Lines(seen, at, known, seen.rows["block"][at])


def _row_itself(lines: Lines, line: int) -> Array:
    found: Array = lines.seen.rows["number"][lines.at[line : line + 1]]
    return found


_PAYER, _PAYEE, _TIME = of_row("source"), of_row("target"), of_row("time")
TRANSFER = Table(
    "transfer",
    "each transfer of the coin by a transaction, of a token, an item or the wrapped coin, with what was "
    "known just before it; also transfers of nothing",
    ("holdings",),
    "transfers",
    {
        "payer": Named("payer", "wallet"),
        "payee": Named("payee", "wallet"),
        "signer": Named("signer", "wallet"),
        "token": Named("token", "token"),
    },
    by_name(
        Field(
            "value",
            WEI,
            "the value in coin",
            "what is paid in the coin, wrapped or not; unknown of tokens",
            _transferred,
        ),
        Field(
            "amount",
            UNITS,
            "the amount",
            "what is paid, in the units of whatever it is",
            _amount,
        ),
        Field(
            "coin",
            FLAG,
            "it is the coin",
            "it is the coin, wrapped or not",
            known(_is_coin),
        ),
        Field(
            "item",
            FLAG,
            "it is an item",
            "what is paid has an id: ERC-721, ERC-1155",
            lambda lines: Values(of_row("item")(lines) >= 0),
        ),
        Field("payer", ADDRESS, "the payer", "who pays; unknown where it is minted", person(_PAYER)),
        Field("payee", ADDRESS, "the payee", "who is paid; unknown where it is burnt", person(_PAYEE)),
        Field("signer", ADDRESS, "the signer", "who sent the transaction", person(of_row("signer"))),
        Field(
            "token",
            ADDRESS,
            "the token",
            "the token's contract; unknown of the bare coin",
            person(of_row("asset")),
        ),
        Field(
            "payer_age",
            SECONDS,
            "the payer's age",
            "since the payer was first heard of; unknown of nobody",
            age(_PAYER, _TIME),
        ),
        Field("payee_age", SECONDS, "the payee's age", "the same of the payee", age(_PAYEE, _TIME)),
        Field("token_age", SECONDS, "the token's age", "the same of the token", age(of_row("asset"), _TIME)),
        Field(
            "payer_funder",
            ADDRESS,
            "the payer's funder",
            "who first sent the payer coin; unknown where its money is older than the stream",
            person(said("from_funder")),
        ),
        Field(
            "payee_funder",
            ADDRESS,
            "the payee's funder",
            "the same of the payee",
            person(said("to_funder")),
        ),
        Field(
            "funder_payees",
            COUNT,
            "the number of payees of the payer's funder",
            "different payees of the payer's funder",
            known(said("funder_payees")),
        ),
        Field(
            "met",
            COUNT,
            "the number of payments between them before",
            "payments from this payer to this payee before",
            known(said("met")),
        ),
        Field(
            "other_payees",
            COUNT,
            "the number of the payer's other payees",
            "different payees of the payer, but for this one, by payments that it signed and that left it "
            "something",
            known(said("other_payees")),
        ),
        Field(
            "payer_payments",
            COUNT,
            "the number of the payer's payments of it before",
            "the payer's own payments of this asset before",
            known(said("from_paid_asset")),
        ),
        Field(
            "payee_payments",
            COUNT,
            "the number of the payee's payments of it before",
            "the same of the payee",
            known(said("to_paid_asset")),
        ),
        Field(
            "asset_payers",
            COUNT,
            "the number of wallets that ever paid with it",
            "wallets that paid with the asset themselves",
            known(said("asset_payers")),
        ),
        Field(
            "tokens_left",
            COUNT,
            "the number of tokens that the payer has left",
            "tokens in use of which the payer had some left after its own last payment",
            known(said("tokens_left")),
        ),
        Field(
            "direct",
            FLAG,
            "the payer sent it itself",
            "the payer sent the transaction, straight to the payee or by the token's own transfer",
            flag(said("direct")),
        ),
        Field(
            "emptied",
            FLAG,
            "it emptied the payer",
            "at least 95 % of a known balance went, or more than was known and more than ever before",
            flag(said("emptied")),
        ),
        Field(
            "quarter",
            FLAG,
            "it took a quarter of what the payer had",
            "a quarter of a known balance went, or half the largest payment of an unknown one",
            flag(said("partly")),
        ),
        Field(
            "new_asset",
            FLAG,
            "the payee never had of it before",
            "the payee never held the asset",
            flag(said("new_asset")),
        ),
        Field(
            "unusual",
            NUMBER,
            "the number of spreads from what is usual of the asset",
            "spreads that the amount lies from what is usual of the asset; 0 for its first twenty",
            number(said("unusual")),
        ),
    ),
    _transfers,
    _row_itself,
    _transferred,
)
