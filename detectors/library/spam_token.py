"""Spam tokens: thrown into many wallets unasked, so that somebody looks them up and pays to claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.library.tried_throws import tried_throws
from detectors.memory.layout import Array, Columns
from detectors.parts import worth
from detectors.parts.baits import CLAIM, HOSTILE, LINK, is_strong
from detectors.parts.contract import Kind, Seen
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.lines import blocks_of, of_block, place_of
from detectors.parts.new_tokens import MOST_MOVES, is_market
from detectors.parts.people import People, whole

SHOWN = 30
"""Throws that are evidence, the newest, and payers that are named."""
COIN = 0
FORGED = 3
"""People to whom a giver must be said to have given what he never had."""


@dataclass(frozen=True, slots=True)
class Settings:
    """baited, plain: people who got it unasked, from which on it was thrown: with a bait few are enough (nine
    receivers in reports of rotki), without one it takes a handful in one transaction, minted for nobody else.
    used: hundredths of them who did something with it themselves, from which on it is a gift: of an honest
    airdrop's receivers most do, of spam's fewer than one in four hundred (kovart).
    """

    baited: int = 3
    plain: int = 5
    used: int = 20


@dataclass(frozen=True, slots=True)
class Throw:
    """What was thrown of a token by the end of a block."""

    token: int
    sender: int
    bait: int
    forged: bool
    coin: bool
    crowd: int
    users: Array
    receivers: Array
    rows: Array

    @property
    def is_strong(self) -> bool:
        """Whether its name calls to a page, attacks who shows it, or its log lies."""
        return self.forged or self.coin or is_strong(self.bait)


class SpamToken:
    """Flags a new token that comes to people who never asked for it, with a bait: a link and a promise in its
    name, markup or hidden marks, the coin's own name, or a sender that gave away what it never had.

    `new-tokens` keeps the first thousand transfers of what was made in the stream, or has a bait for a name.
    Thrown is what one hand sends to others by its own signature. What has a market, and what several
    receivers use themselves, is a gift; activity counts only where the holder signed, so forged logs clear
    nothing, and who gives away more than the token's own logs ever gave him is named by a liar. A token
    without a bait alerts, low, where all of it was minted in one call to people who hold nothing else of the
    maker's. Whoever then pays the coin to the token, or to what its maker made, and gets nothing, is a
    victim. A throw that fails is tried on the token's code as it was made: whom it would have reached.

    Fails: a link inside of a picture (hard case P3) is a token without a bait; a spammer who opens a market
    first is found when somebody pays; a page that takes approvals and no coin; tokens that a contract made,
    with an innocent name; a throw that fails in a call of another contract, or would take more steps than a
    trial has. Costs a read of a thousand rows for each new token and block in which it moves. Source:
    kovart's spam detector, 15 modules (9 receivers in a transaction or 20 in five days), no figure.
    """

    name = "spam-token"
    catches = ("spam-token",)
    needs: Tier = "logs"
    reads = ("new-tokens", "acts", "contracts")
    quiet_seconds = 90 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a token and block in which it is thrown or paid for: subject = who throws it."""
        tried = list(tried_throws(seen, self.settings.baited, self.settings.plain))
        return sorted([*tried, *self._thrown(seen)], key=lambda finding: finding.block_number)

    def _thrown(self, seen: Seen) -> list[Finding]:
        tables = {name: table for name, table in seen.of("new-tokens").items() if table["row"].size}
        if not tables:
            return []
        found: list[Finding | None] = []
        for block in blocks_of(seen, [table["row"] for table in tables.values()]):
            lines, people = of_block(tables, seen, block), People(seen, block)
            tokens = [lines[name]["token"] for name in lines]
            each = dict.fromkeys(np.concatenate(tokens).tolist())
            found += [self._judge(people, token, lines) for token in each]
        return [each for each in found if each is not None]

    def _judge(self, people: People, token: int, lines: dict[str, Columns]) -> Finding | None:
        throw = thrown(people, token)
        if throw is None:
            return None
        paid = [row for row in _rows(lines, "paid", token) if self._is_loss(people, throw, row)]
        now = set(_rows(lines, "moves", token)) & set(throw.rows.tolist())
        telling = max([*paid, *now], default=-1)
        if telling < 0 or self._is_gift(people, throw, paid) or not (paid or self._is_spam(people, throw)):
            return None
        return self._finding(people, throw, telling, paid)

    def _is_gift(self, people: People, throw: Throw, paid: Sequence[int]) -> bool:
        """Whether no more got it than share out what is launched, or enough use it without paying."""
        first = int(people.seen.rows["number"][0])
        payers = people.seen.rows["signer"][np.array(paid, np.int64) - first]
        users = np.setdiff1d(throw.users, payers).size
        fewest = self.settings.baited if throw.is_strong else self.settings.plain
        return throw.receivers.size < fewest or 100 * users >= self.settings.used * throw.receivers.size

    def _is_spam(self, people: People, throw: Throw) -> bool:
        is_thrown = throw.bait or throw.forged or throw.coin or throw.crowd >= self.settings.plain
        has_market = any(is_market(people, each) for each in places(people, throw))
        return bool(is_thrown) and (throw.forged or not has_market)

    def _is_loss(self, people: People, throw: Throw, row: int) -> bool:
        """Whether one who was thrown the token paid, and nothing came back, not even the coin, wrapped."""
        rows = people.seen.rows
        at = row - int(rows["number"][0])
        payer, sent = int(rows["signer"][at]), rows["transaction"][at]
        if rows["target"][at] in people.seen.coins["id"]:
            return False
        mine = rows["transaction"] == sent
        got = mine & (rows["target"] == payer) & of_kinds(rows["kind"], _MOVES)
        return payer in throw.receivers and payer != throw.sender and not bool(got.any())

    def _finding(self, people: People, throw: Throw, row: int, paid: Sequence[int]) -> Finding:
        seen, token = people.seen, people.seen.address(throw.token)
        payers, wei, rows = payments(people, throw, paid) if paid else ({}, 0, [])
        sender = seen.address(throw.sender)
        roles: list[tuple[bytes, RoleName]] = [(sender, "attacker")]
        roles += [(seen.address(each), "victim") for each in list(payers)[:SHOWN]]
        named = {each for each, _ in roles}
        doors = dict.fromkeys([token, *map(seen.address, payers.values())])
        roles += [(each, "infrastructure") for each in doors if each not in named]
        evidence = sorted({*throw.rows[-SHOWN:].tolist(), *rows[-SHOWN:], row})
        severity: Severity = "medium" if throw.is_strong else "low"
        if paid:
            severity = worth.severity("critical", wei, has_tokens=True)
        receivers = int(throw.receivers.size)
        symbol = seen.token(throw.token, people.block).symbol or "A token without a name"
        return Finding(
            **place_of(seen, row),
            category="spam-token",
            subject_kind="wallet",
            subject=sender,
            score=_score(throw, len(payers)),
            severity=severity,
            roles=tuple(roles),
            rows=seen.evidence([each for each in evidence if each <= row]),
            measured={
                "receivers": receivers,
                "used": throw.users.size,
                "in_one": throw.crowd,
                "payers": len(payers),
            },
            thresholds={"receivers": self.settings.baited},
            explanation=(
                f"{symbol[:80]} at {hexed(token)} was sent to {receivers} people who had not asked for it"
                f"{_why(throw)}; {throw.users.size} of them did anything with it"
                f"{f', {len(payers)} paid and got nothing' if payers else ''}."
            ),
            value_wei=wei or None,
        )


_MOVES = (Kind.ERC20, Kind.ERC721, Kind.ERC1155)


def thrown(people: People, token: int) -> Throw | None:
    """What one hand sent of a token to people who did not sign for it; None for nothing."""
    seen = people.seen
    known = seen.history("new-tokens.known").rows(token, people.block, 1)
    if not known["maker"].size:
        return None
    moved = seen.history("new-tokens.moved").rows(token, people.block, MOST_MOVES)
    moved = {name: column[::-1] for name, column in moved.items()}
    maker = int(known["maker"][0])
    given = (moved["target"] != moved["signer"]) & ~among(moved["target"], [0, token])
    if maker < 0 and given.any():
        maker = int(np.bincount(moved["signer"][given]).argmax())
    given &= moved["signer"] == maker
    if not given.any():
        return None
    receivers = np.unique(moved["target"][given])
    users = np.intersect1d(receivers, moved["source"][moved["source"] == moved["signer"]])
    return Throw(
        token=token,
        sender=maker,
        bait=int(known["bait"][0]),
        forged=_is_forged(moved, given, {0, token, maker}) and token not in seen.coins["id"],
        coin=int(known["twin"][0]) == COIN,
        crowd=_crowd(moved, given, maker),
        users=users,
        receivers=receivers,
        rows=moved["row"][given],
    )


def _is_forged(moved: Columns, given: Array, ours: set[int]) -> bool:
    """Whether somebody is said to give to several what he never got: all of the token's transfers are known.

    Who forges a payment of each of his victims to a lookalike names another giver each time.
    """
    if moved["row"].size >= MOST_MOVES:
        return False
    held: dict[int, int] = {}
    for source, target, amount in zip(
        moved["source"].tolist(), moved["target"].tolist(), whole(moved["amount"]), strict=True
    ):
        held[source] = held.get(source, 0) - amount
        held[target] = held.get(target, 0) + amount
    for giver in set(moved["source"][given].tolist()) - ours:
        if held[giver] < 0 and np.unique(moved["target"][given & (moved["source"] == giver)]).size >= FORGED:
            return True
    return False


def _crowd(moved: Columns, given: Array, maker: int) -> int:
    """The most people for whom one transaction minted it, where nobody else ever got any."""
    minted = given & (moved["source"] == 0)
    if bool(((moved["source"] == 0) & (moved["target"] == maker)).any()):
        return 0
    if not minted.any():
        return 0
    return int(np.unique(moved["transaction"][minted], return_counts=True)[1].max())


def places(people: People, throw: Throw) -> list[int]:
    """Receivers that may keep an exchange: of the first ever, as a launch begins with its pool, those that
    have some left; what only passes it on is none.
    """
    rows = people.seen.history("new-tokens.moved").rows(throw.token, people.block, MOST_MOVES)
    first = dict.fromkeys(rows["target"][::-1].tolist())
    amounts = np.array(whole(rows["amount"]), object)
    return [
        each
        for each in list(first)[:12]
        if each not in (0, throw.sender, throw.token)
        and amounts[rows["target"] == each].sum() > amounts[rows["source"] == each].sum()
    ]


def payments(people: People, throw: Throw, paid: Sequence[int]) -> tuple[dict[int, int], int, list[int]]:
    """Who of those who were thrown it paid at its doors, and at which, `paid` in this block among them; how
    much, and the rows.
    """
    seen, payers, wei, found = people.seen, dict[int, int](), 0, list[int]()
    doors = seen.history("new-tokens.doors")
    for target in doors_of(people, throw, paid):
        if not doors.rows(target, people.block, 1)["token"].size:
            continue
        rows = seen.history("rows").rows(target, people.block, 400)
        came = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == target) & (rows["flag"] != 0)
        came &= is_some(rows["amount"]) & among(rows["signer"], throw.receivers)
        payers |= {int(each): target for each in rows["signer"][came]}
        wei += sum(whole(rows["amount"][came]))
        found += rows["row"][came].tolist()
    return payers, wei, sorted(found)


def doors_of(people: People, throw: Throw, paid: Sequence[int]) -> list[int]:
    """The token, contracts that its sender made, and where these rows paid, but for what wraps the coin."""
    now = people.seen.rows["target"][np.array(paid, np.int64) - int(people.seen.rows["number"][0])]
    rows = people.rows(throw.sender)
    made = (rows["kind"] == Kind.TRANSACTION) & (rows["third"] > 0) & (rows["signer"] == throw.sender)
    doors = dict.fromkeys([throw.token, *rows["third"][made].tolist(), *now.tolist()])
    return [each for each in doors if each not in people.seen.coins["id"]]


def _rows(lines: dict[str, Columns], table: str, token: int) -> list[int]:
    if table not in lines:
        return []
    found: list[int] = lines[table]["row"][lines[table]["token"] == token].tolist()
    return found


def _why(throw: Throw) -> str:
    reasons = {
        "a sender that never had it is named": throw.forged,
        "it is called like the coin": throw.coin,
        "its name leads to a page": throw.bait & LINK,
        "its name promises something": throw.bait & CLAIM,
        "its name attacks whoever shows it": throw.bait & HOSTILE,
    }
    told = [each for each, is_so in reasons.items() if is_so]
    return f" ({', '.join(told)})" if told else ""


def _score(throw: Throw, payers: int) -> float:
    """Four tenths, two for a strong bait or one for any, one for a lie in its logs, up to two for how many
    got it, one for a payer.
    """
    graded = 0.4 + (0.2 if throw.is_strong else 0.1 if throw.bait else 0.0) + 0.1 * throw.forged
    return round(graded + 0.2 * min(1.0, throw.receivers.size / 40) + 0.1 * bool(payers), 6)
