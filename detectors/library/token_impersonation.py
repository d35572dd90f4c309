"""Token impersonation: a new token that reads like one in use, offered to those who take it for that one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.memory.layout import Columns
from detectors.parts.contract import Seen
from detectors.parts.kinds import among
from detectors.parts.lines import blocks_of, of_block, place_of
from detectors.parts.new_tokens import is_market, use_of
from detectors.parts.people import People, whole

MOST_MOVES = 400


@dataclass(frozen=True, slots=True)
class Settings:
    """users, days: among the newest calls of a token, people who called it themselves, and days on which they
    did, from which on it is in use: a launch has a crowd for a day or two, a coin that is taken on trust has
    one all the time (the least of six listed coins of the labelled world: 20 people a day after it began).
    disguised: people, where the name is written otherwise than it reads: honest names collide, but nobody
    puts a Cyrillic letter into one by chance. more: how many times the namesake's own users it must have, so
    that of two honest ones none accuses the other. supply: hundredths of what was minted that the maker got;
    what a bridge brings is minted for those who bring it.
    """

    users: int = 24
    days: int = 3
    disguised: int = 8
    more: int = 3
    supply: int = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """A namesake as of the end of a block: who made it, what moved of it, and the token in use."""

    token: int
    maker: int
    twin: int
    users: int
    days: int
    own_users: int
    supply: int
    disguised: bool
    born: tuple[int, ...]
    asked: tuple[int, ...]
    bought: tuple[int, ...]
    buyers: tuple[int, ...]
    places: tuple[int, ...]


class TokenImpersonation:
    """Flags a token made in the stream that reads like one in use (or like the chain's coin): at its birth
    where it is written otherwise than it reads, else once its maker puts it before others, into a pool or
    into a stranger's hands.

    `new-tokens` compares symbols by the skeleton of Unicode's Technical Standard 39, without what nobody
    sees, in wide letters and in capitals. In use is what many called themselves before the new one was born,
    and three times as many as call that one; so whoever comes later under a name that nobody uses, or is used
    more, is no impostor. What one hand minted for itself and offers is a false coin; what is minted for each
    who brings it, as bridges do, is none, nor is what wraps the coin, or a second token of the same maker.
    The first offer alerts, before anybody buys; a purchase by a stranger is its revision.

    Fails: wrappers by prefix or suffix (hard case P1: fUSDC), which honest shares use as well; a namesake of
    a token that is not there yet (P3) is found when that one is in use and only if it is offered then; tokens
    that a contract made, without traces; tokens older than the stream. Costs a look at the newest calls of
    a token for each block in which a namesake moves. Source: Forta's static list, F1 .99, which misses
    Unicode (starter-kits issue 388).
    """

    name = "token-impersonation"
    catches = ("token-impersonation",)
    needs: Tier = "logs"
    reads = ("new-tokens",)
    quiet_seconds = 90 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a namesake and block in which it is born, offered or bought: subject = its maker."""
        moves = seen.of("new-tokens").get("moves")
        if moves is None or not moves["row"].size:
            return []
        found = []
        for block in blocks_of(seen, [moves["row"]]):
            lines, people = of_block({"moves": moves}, seen, block)["moves"], People(seen, block)
            for token in dict.fromkeys(lines["token"].tolist()):
                mine = lines["token"] == token
                found.append(self._judge(people, {name: column[mine] for name, column in lines.items()}))
        return [each for each in found if each is not None]

    def _judge(self, people: People, lines: Columns) -> Finding | None:
        offer = self._offer(people, int(lines["token"][0]))
        if offer is None:
            return None
        telling = set(lines["row"].tolist()) & {*offer.born, *offer.asked, *offer.bought}
        return self._finding(people, offer, max(telling)) if telling else None

    def _offer(self, people: People, token: int) -> Offer | None:
        seen, own = people.seen, self.settings
        known = seen.history("new-tokens.known").rows(token, people.block, 1)
        maker, twin, users, days, disguised = (
            int(known[name][0]) for name in ("maker", "twin", "users", "days", "disguised")
        )
        if twin < 0 or maker < 0:
            return None
        own_users, _ = use_of(seen, token, people.block, maker)
        used = users >= (own.disguised if disguised else own.users) and (disguised or days >= own.days)
        if not used or users < own.more * own_users or token in seen.coins["id"]:
            return None
        moved = seen.history("new-tokens.moved").rows(token, people.block, MOST_MOVES)
        moved = {name: column[::-1] for name, column in moved.items()}
        supply = held_by_maker(moved, {maker, token})
        if supply < own.supply and not disguised:
            return None
        ours = np.array([0, maker, token])
        given = among(moved["source"], ours) & ~among(moved["target"], ours) & (moved["signer"] == maker)
        places = np.unique(moved["target"][given])
        taken = (
            np.isin(moved["source"], places)
            & (moved["signer"] != maker)
            & (moved["target"] == moved["signer"])
        )
        return Offer(
            token, maker, twin, users, days, own_users, supply, bool(disguised),
            tuple(moved["row"][:1].tolist()) if disguised else (),
            tuple(moved["row"][given].tolist()), tuple(moved["row"][taken].tolist()),
            tuple(dict.fromkeys(moved["target"][taken].tolist())), tuple(places.tolist()),
        )  # fmt: skip

    def _finding(self, people: People, offer: Offer, row: int) -> Finding:
        seen, block = people.seen, people.block
        token, maker = seen.address(offer.token), seen.address(offer.maker)
        roles: list[tuple[bytes, RoleName]] = [(maker, "attacker"), (token, "infrastructure")]
        buyers = [seen.address(each) for each in offer.buyers[:MOST_MOVES]]
        roles += [(each, "victim") for each in buyers]
        named = {each for each, _ in roles}
        pools = [seen.address(each) for each in pools_of(people, offer.places)]
        roles += [(each, "infrastructure") for each in pools if each not in named]
        symbol = seen.token(offer.token, block).symbol or ""
        like = seen.token(offer.twin, block).symbol or "the coin"
        severity: Severity = "high" if offer.buyers else "medium" if offer.asked else "low"
        where = "offers it in a pool" if pools else "offers it to others" if offer.asked else "has it all"
        taken = f"; {len(offer.buyers)} bought it" if offer.buyers else ""
        original = hexed(seen.address(offer.twin)) if offer.twin else "the chain's own coin"
        rows = sorted({*offer.born, *offer.asked[:20], *offer.bought[-20:], row})
        return Finding(
            **place_of(seen, row),
            category="token-impersonation",
            subject_kind="wallet",
            subject=maker,
            score=_score(offer, bool(pools)),
            severity=severity,
            roles=tuple(roles),
            rows=seen.evidence([each for each in rows if each <= row]),
            measured={
                "users": offer.users,
                "own_users": offer.own_users,
                "days": offer.days,
                "supply": offer.supply,
            },
            thresholds={"users": self.settings.users, "supply": self.settings.supply},
            explanation=(
                f"{symbol} at {hexed(token)} reads like {like} ({original}), which {offer.users} people "
                f"use, and its maker {where}{taken}."
            ),
        )


def held_by_maker(moved: Columns, ours: set[int]) -> int:
    """Hundredths of what was minted that the maker got; 100 where nobody minted."""
    minted = moved["source"] == 0
    if not minted.any():
        return 100
    amounts = np.array(whole(moved["amount"][minted]), object)
    his = among(moved["target"][minted], ours)
    total = int(amounts.sum())
    return int(100 * int(amounts[his].sum()) // total) if total else 100


def pools_of(people: People, places: tuple[int, ...]) -> list[int]:
    """Those that keep an exchange: they hold the new token and something else."""
    return [place for place in places[:20] if is_market(people, place)]


def _score(offer: Offer, pooled: bool) -> float:
    """A half; a tenth where it is written otherwise than it reads; one for a pool; up to a fifth each for how
    far more the other is used, and for purchases.
    """
    graded = 0.5 + 0.1 * offer.disguised + 0.1 * pooled
    graded += 0.15 * min(1.0, offer.users / 100) + 0.1 * min(1.0, len(offer.buyers) / 3)
    return round(graded, 6)
