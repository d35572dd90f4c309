"""Mixer flow: money that goes into a mixer by wallets that serve nothing else, or comes out where it can be
tied to them.
"""

from __future__ import annotations

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.library.mixer_links import COIN, Case, Link, Settings
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.lines import place_of
from detectors.parts.people import People, whole

DOUBT = {
    "reuse": 0.05, "paid": 0.2, "notes": 0.3, "wallet": 0.4, "again": 0.3, "loot": 0.2, "spread": 0.4,
    "many": 0.5, "failed": 0.6,
}  # fmt: skip
"""How far each reason can mislead, one by one: the same wallet pays in and is paid out (Tutela's address
reuse); the two paid each other; the notes of both are the same, of no one else; a wallet made for it, which
got all it has at once and mixes it; a wallet that came out of the mixer and goes back; one that came out,
took from others by their grants, and goes back; several that one payer made, each of which mixes a part;
one that wakes and does nothing but pay in many notes; one that wakes, fails to pay in, and hands its money
to somebody new. Judged, not measured: no linking heuristic has a published error.
"""


class MixerFlow:
    """Flags who pays into a mixer from a wallet that was made for it, and whom that money comes out to.

    Into it: a wallet that nobody knew before, that got nearly all it has by one payment of a wallet that is
    no hub and pays half of it or more into mixers, by two notes or a large one (stolen money, and money
    spread over depositors); several such wallets of one payer, each of which mixes a fifth or more (who
    spreads money leaves a rest in each); one that was itself paid by a mixer in the thirty days before and
    pays in half of what it has, or, where it took from others by their grants, any part; or an old one that
    wakes for five notes or more and nothing else, which is the weakest sign but one: who failed to pay in,
    and without another try hands as much as that or more to a wallet that nobody knew. Out
    of it: a wallet that paid in before, or whom, or by whom, a depositor was paid in another way; or who is
    paid the very set of notes, three or more, that one depositor and no other paid in before. Each link has
    its reason and doubt; the score is one less the doubt. To use a mixer is no crime: notes alone never
    alert, nor does their size, nor relayers' work (N1), nor a deposit after a delisting (N2), nor a common
    gas price (N3, which is not looked at).

    Fails: who came out of a mixer, stole by other means than grants and mixes less than half; a withdrawal
    that fails (its transaction says nothing of who paid in, and a relayer's that fails is nobody's); old
    money that is paid out note by note to new wallets with gas from elsewhere; swappers without questions,
    unless a list calls them a mixer (P1); money that came over an exchange. A mixer spoken to by other events
    than Tornado's, and not listed, is none. Costs nothing where no mixer is used. Source: Tutela (Béres et
    al. 2021, Wu et al. 2022: reuse, linked addresses, multi-denomination); 5.1-12.6 % of withdrawals linked
    by reuse and linkage in 2025.
    """

    name = "mixer-flow"
    catches = ("mixer-flow",)
    needs: Tier = "logs"
    reads = ("mixers", "unmixed", "pulls")
    quiet_seconds = 365 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a note that is tied to somebody: subject = who paid in, or, where nothing but the notes
        ties them, who was paid: the one who paid in may be another who mixed as much: no accusation.
        """
        notes, found = seen.of("mixers").get("notes"), self._given_up(seen)
        if notes is None:
            return found
        amounts = whole(notes["amount"])
        for at in range(notes["row"].size):
            row = int(notes["row"][at])
            place = place_of(seen, row)
            case = Case(self.settings, seen, int(place["block_number"]), row, int(notes["begun"][at]))
            account = int(notes["account"][at])
            link = case.out(account) if notes["out"][at] else case.into(account)
            if link is not None:
                wei = amounts[at] if notes["asset"][at] == COIN else 0
                found.append(self._finding(seen, link, int(notes["pool"][at]), row, wei))
        return found

    def _given_up(self, seen: Seen) -> list[Finding]:
        """One finding a payment by which a mixer is given up."""
        given_up, found = seen.of("unmixed").get("given_up"), list[Finding]()
        if given_up is None:
            return found
        for at in range(given_up["row"].size):
            names = ("account", "payee", "pool", "tried", "row")
            account, payee, pool, tried, row = (int(given_up[name][at]) for name in names)
            case = Case(self.settings, seen, int(place_of(seen, row)["block_number"]), row, 0)
            if case.gives_up(account, payee, int(given_up["transaction"][at])):
                link = Link("failed", account, (tried,), payee, 0)
                found.append(self._finding(seen, link, pool, row, whole(given_up["amount"][at : at + 1])[0]))
        return found

    def _finding(self, seen: Seen, link: Link, pool: int, row: int, wei: int) -> Finding:
        owner, other = seen.address(link.owner), link.paid_out
        guessed = link.reason == "notes"
        roles: list[tuple[bytes, RoleName]] = [
            (owner, "intermediary" if guessed else "attacker"),
            (seen.address(pool), "infrastructure"),
        ]
        if other is not None and other != link.owner:
            roles.append((seen.address(other), "intermediary" if link.reason == "failed" else "attacker"))
        doubt = DOUBT[link.reason]
        most: Severity = (
            "low" if link.reason in ("many", "failed") else "medium" if doubt >= DOUBT["notes"] else "high"
        )
        return Finding(
            **place_of(seen, row),
            category="mixer-flow",
            subject_kind="wallet",
            subject=seen.address(other) if guessed and other is not None else owner,
            score=round(1 - doubt, 6),
            severity=worth.severity(most, wei, wei == 0),
            roles=tuple(roles),
            rows=seen.evidence(_held(seen, link, row)),
            measured={"doubt": doubt, "reason": link.reason, "native_wei": str(wei), "notes": link.notes},
            thresholds={"doubt": max(DOUBT.values())},
            explanation=_sentence(owner, None if other is None else seen.address(other), link.reason, doubt),
            value_wei=wei or None,
        )


def _held(seen: Seen, link: Link, row: int) -> list[int]:
    """The rows that the log still holds: it forgets sooner than notes are."""
    people = People(seen, int(seen.rows["block"][row - int(seen.rows["number"][0])]))
    parties = [link.owner] if link.paid_out is None else [link.owner, link.paid_out]
    known = [int(people.rows(who)["row"].min()) for who in parties if people.rows(who)["row"].size]
    return sorted(each for each in {*link.rows, row} if each >= min([row, *known]))


def _sentence(owner: bytes, other: bytes | None, reason: str, doubt: float) -> str:
    who, to = hexed(owner), "nobody yet" if other is None else hexed(other)
    told = {
        "reuse": f"{who} pays into a mixer and is paid out by it",
        "paid": f"a mixer pays {to}, which has dealt with {who}, who paid in before",
        "notes": f"a mixer pays {to} the very notes that {who} and no other paid in",
        "wallet": f"{who} got all it has by one payment and pays most of it into a mixer",
        "many": f"{who} woke to pay many notes into a mixer, and does nothing else",
        "failed": f"{who} woke, failed to pay into a mixer, and handed its money to {to} instead",
        "loot": f"{who} was paid by a mixer, took from others by their grants, and pays into one again",
        "spread": f"{who} and {to} have their money of one payer, and each pays a part of it into a mixer",
        "again": f"{who} was paid by a mixer and pays most of what it has into one again",
    }[reason]
    return f"{told[0].upper() if told[0] != '0' else told[0]}{told[1:]} (doubt {doubt:.0%})."
