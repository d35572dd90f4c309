"""What an address should do, or beware of: from the alerts of the store, and what the lake has of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard import wording
from dashboard.store import AlertRow, Reader
from dashboard.store.subjects import MOST_NAMED, naming
from dashboard.transfers.advice.alike import alike
from dashboard.transfers.advice.grants import Grant, standing
from dashboard.transfers.door import Transfers
from dashboard.transfers.summary import by_asset
from dashboard.transfers.values import Asked, Label, Token, Transfer
from detectors.alerts.alert import SEVERITIES, Severity

MOST_TRANSFERS = 20_000
MOST_NAMES = 2_000
"""Newest counterparties, spenders and tokens that are asked about."""
MOST_OF_A_KIND = 25
"""Pieces of advice of one kind, beside those that are critical: these are all told."""
NOTHING = "Nothing is known against this address, nor against those it had to do with."
OF_TOKENS: Mapping[str, str] = {
    "honeypot": "it cannot be sold, or only at a loss: buy no more of it",
    "rug-pull": "its makers took the money out of its pool, or may: do not buy it",
    "hidden-mint": "somebody sells units of it that nobody was seen to get: do not buy it",
    "token-impersonation": "it is not the token that it is called like",
    "spam-token": "it was sent unasked: open no link of it, and approve nothing for it",
    "pump-and-dump": "a few hands moved its price",
    "wash-trading": "its trades are its owners' own",
    "ponzi": "what it pays out is what others paid in",
    "suspicious-contract": "its code is like that of attacks",
}
"""Category of an alert about a token -> what its holder is told."""
_PARTS = {"attacker": "is accused of", "victim": "is a victim of", "subject": "stands out in an alert of"}
_TAINTS = {"sanctions": "is on a list of sanctions", "phishing": "is on a list of thieves", "mixer": "mixes"}


@dataclass(frozen=True, slots=True)
class Advice:
    """`kind`: revoke, beware, token, counterparty, own. `about` is the address that it is about; `alert` the
    id of the alert it rests on, None where it rests on a list or on what the address did itself.
    """

    kind: str
    severity: Severity
    about: str
    sentence: str
    alert: str | None = None


@dataclass(frozen=True, slots=True)
class Advised:
    """All that is known, the worst first, and what could not be looked at."""

    chain_id: int
    advice: tuple[Advice, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to go by: alerts that name an address and were not taken back, by address and role."""

    chain_id: int
    address: str
    moves: Sequence[Transfer]
    grants: Sequence[Grant]
    tokens: Mapping[str, Token]
    labels: Mapping[str, Sequence[Label]]
    named: Mapping[str, Sequence[tuple[str, AlertRow]]] = field(default_factory=dict)

    def accused(self, address: str) -> AlertRow | None:
        """The worst alert that accuses an address: what an anomaly is about is not accused."""
        rows = [row for role, row in self.named.get(address, ()) if role == "attacker"]
        return max(rows, key=lambda row: (_rank(row.severity), row.timestamp), default=None)

    def symbol(self, token: str) -> str:
        known = self.tokens.get(token)
        return f"{known.symbol} ({token})" if known is not None and known.symbol != token else token


def advise(reader: Reader, transfers: Transfers, chain_id: int, address: str, now: int) -> Advised:
    """`address` is lower-case 0x-hex, `now` seconds UTC: allowances that end have ended by then or not.
    Nothing is written anywhere. Raises NotALake, StoreUnreachable.
    """
    found = transfers.find(Asked(chain_id, (address,), most=MOST_TRANSFERS))
    unknown = [*found.left_out]
    if not transfers.has_lake(chain_id):
        unknown.append("no lake with this chain is named: what the address allowed to others is not known")
    approvals, left_out = transfers.given(chain_id, address)
    unknown += left_out
    grants = standing(approvals, bytes.fromhex(address[2:]), now)
    others = list(dict.fromkeys(_others(found.transfers, address)))
    asked = [*(each.spender for each in grants), *_held(found.transfers, address), *others]
    names = list(dict.fromkeys(asked))
    if len(names) > MOST_NAMES:
        unknown.append(f"of {len(names):,} counterparties and tokens the newest {MOST_NAMES:,} are looked at")
        names = names[:MOST_NAMES]
    alerts = naming(reader, chain_id, [address, *names])
    if len(alerts) >= MOST_NAMED:
        unknown.append(f"of the alerts that name these only the newest {MOST_NAMED:,} are looked at")
    known = _Known(
        chain_id,
        address,
        found.transfers,
        grants,
        transfers.named(chain_id, {*_held(found.transfers, address), *(each.token for each in grants)}),
        transfers.labelled(chain_id, names),
        _by_address(alerts),
    )
    advice = [*_own(known), *_revoke(known), *_beware(known), *_tokens(known), *_counterparties(known)]
    kept, cut = _worst(advice)
    return Advised(chain_id, kept, (*unknown, *cut))


def _worst(advice: Iterable[Advice]) -> tuple[tuple[Advice, ...], list[str]]:
    """The worst first, of each kind the first ones, and what that leaves out."""
    counts = Counter[str]()
    kept = list[Advice]()
    for each in sorted(advice, key=lambda one: -_rank(one.severity)):
        is_critical = each.severity == "critical"
        counts[each.kind] += not is_critical
        if is_critical or counts[each.kind] <= MOST_OF_A_KIND:
            kept.append(each)
    cut = [
        f"of {count:,} pieces of advice of the kind {kind} the worst {MOST_OF_A_KIND} are told"
        for kind, count in counts.items()
        if count > MOST_OF_A_KIND
    ]
    return tuple(kept), cut


def _by_address(rows: Iterable[tuple[str, str, AlertRow]]) -> dict[str, list[tuple[str, AlertRow]]]:
    found: dict[str, list[tuple[str, AlertRow]]] = {}
    for address, role, row in rows:
        if row.status != "retracted" and not row.suppressed:
            found.setdefault(address, []).append((role, row))
    return found


def _own(known: _Known) -> Iterator[Advice]:
    """Alerts about the address itself: the worst of each category and part."""
    worst: dict[tuple[str, str], AlertRow] = {}
    for role, row in known.named.get(known.address, ()):
        before = worst.get((row.category, role))
        if before is None or _rank(row.severity) > _rank(before.severity):
            worst[row.category, role] = row
    for (category, role), row in worst.items():
        part = _PARTS.get(role, "is named in an alert of")
        yield Advice("own", _severity(row), known.address, f"This address {part} {category}.", row.id)


def _revoke(known: _Known) -> Iterator[Advice]:
    """What may be taken, and by whom: those who are accused or listed first, then what is unlimited."""
    for grant in known.grants:
        alert, taints = known.accused(grant.spender), _tainted(known, grant.spender)
        what = "all pieces" if grant.standard == "for_all" else "any amount" if grant.is_unlimited else "some"
        begin = f"{grant.spender} may take {what} of {known.symbol(grant.token)}"
        if alert is not None:
            why = f"accused of {alert.category} in block {alert.block_number:,}"
            yield Advice("revoke", "critical", grant.spender, f"{begin}, and is {why}: revoke it.", alert.id)
        elif taints:
            yield Advice("revoke", "critical", grant.spender, f"{begin}, and {taints}: revoke it.")
        elif grant.is_unlimited:
            since = f"since block {grant.block_number:,}"
            yield Advice("revoke", "low", grant.spender, f"{begin} {since}: revoke it if it is not used.")


def _beware(known: _Known) -> Iterator[Advice]:
    """Counterparties that look like somebody who was there before."""
    met = _others(known.moves[::-1], known.address)
    for other, genuine in alike(met).items():
        alert = known.accused(other)
        sentence = f"{other} looks like {genuine}, which was there before: compare every digit before paying."
        yield Advice("beware", "high", other, sentence, None if alert is None else alert.id)


def _tokens(known: _Known) -> Iterator[Advice]:
    """What the address holds, and alerts are about."""
    for token in _held(known.moves, known.address):
        told = set[str]()
        for _, row in known.named.get(token, ()):
            if row.category in OF_TOKENS and row.category not in told:
                told.add(row.category)
                sentence = f"{known.symbol(token)}: {OF_TOKENS[row.category]}."
                yield Advice("token", _severity(row), token, sentence, row.id)


def _counterparties(known: _Known) -> Iterator[Advice]:
    """Who is accused or listed of those that money came from or went to."""
    sums: dict[str, list[int]] = {}
    for row in known.moves:
        if row.amount:
            other = row.payer if row.payee == known.address else row.payee
            sums.setdefault(other, [0, 0])[row.payee != known.address] += 1
    for other, (came, went) in sums.items():
        alert, taints = known.accused(other), _tainted(known, other)
        if (alert is None and not taints) or other == known.address:
            continue
        how = " and ".join(
            f"{count} payment{'s' * (count > 1)} {way}"
            for count, way in ((came, "from"), (went, "to"))
            if count
        )
        why = taints if alert is None else f"is accused of {alert.category} in block {alert.block_number:,}"
        severity: Severity = _severity(alert) if alert is not None else "high"
        sentence = f"{other} {why}; {how} it."
        yield Advice("counterparty", severity, other, sentence, None if alert is None else alert.id)


def _tainted(known: _Known, address: str) -> str:
    """What lists say of an address now: the last word of each list counts."""
    last = {(label.source, label.kind): label for label in known.labels.get(address, ())}
    kinds = dict.fromkeys(label.kind for label in last.values() if label.listed and label.kind in _TAINTS)
    return " and ".join(_TAINTS[kind] for kind in kinds)


def _others(moves: Iterable[Transfer], address: str) -> Iterator[str]:
    for row in moves:
        yield from (each for each in (row.payer, row.payee) if each != address)


def _held(moves: Sequence[Transfer], address: str) -> list[str]:
    """Tokens of which more came than went, by the transfers that were read."""
    return [
        each.token
        for each in by_asset(moves, address)
        if each.token is not None and each.came_in > each.went_out
    ]


def _severity(row: AlertRow) -> Severity:
    return next((each for each in SEVERITIES if each == row.severity), "low")


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def shown(advised: Advised) -> Iterator[str]:
    """Lines for a person: the worst first, then what is not known."""
    for each in advised.advice:
        yield f"{each.severity:8} {wording.text(each.sentence)}"
    if not advised.advice:
        yield NOTHING
    for words in advised.unknown:
        yield f"not known: {words}"
