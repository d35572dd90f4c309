"""Wallet drain: several unrelated wallets are emptied to one address within hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.kernels.holdings import EMPTIED, GWEI, IN_USE_PAYERS
from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts import worth
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen
from detectors.parts.halved import halved, lives_by
from detectors.parts.holdings import TRANSFERS
from detectors.parts.horizons import DAY
from detectors.parts.lines import place_of, some
from detectors.parts.people import People, whole
from detectors.parts.returns import without_returns
from detectors.parts.worth import DUST

_LARGEST = 2**62
TAKING = Layout(
    ints=(
        "row", "payer", "signer", "asset", "gwei", "lent", "usual", "as_much", "is_coin", "in_use", "emptied",
        "whole", "owner",
    ),
    words=("amount",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remembered:
    """own_payees: distinct payees other than the taker that a wallet must have paid to count as somebody's
    wallet in use. same_owner_payees: a funder of fewer wallets than this ties the wallets it funded to one
    owner. gas_wei: native value that a wallet keeps for fees, so that it is emptied nonetheless. horizon_s:
    block time for which payments are remembered, cap: how many takers.
    """

    own_payees: int = 2
    same_owner_payees: int = 20
    gas_wei: int = DUST
    horizon_s: int = 30 * DAY
    cap: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Takings:
    """`payments`, by "row": payments that emptied a wallet in use, or were bites of it, with their `payee`.
    What its funder takes, who has lent it the money, or who gives back something that matters, is none.

    The history `taken` has by payee, beside `row`, `payer`, `signer` and `asset` of each: `amount`, the same
    in `gwei`, what the payee had `lent` the payer (gwei), `usual` and `as_much` (as `holdings` has `to_usual`
    and `to_knows_as_much`), and whether it `is_coin` (wrapped or not), `in_use` by many, `emptied` the
    holding, or the `whole` wallet; `owner` is its funder, where few share it, else stands for itself.
    """

    name: str = "takings"
    reads: tuple[str, ...] = ("holdings",)
    kinds: tuple[Kind, ...] = TRANSFERS
    settings: Remembered = field(default_factory=Remembered)

    def memory(self) -> Mapping[str, HistorySpec]:
        return {"taken": HistorySpec(TAKING, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        known, taken = seen.of("holdings").get("known"), memory["taken"]
        if known is None:
            return {}
        assert isinstance(taken, History)
        lines = without_returns(seen, self._payments(seen, known))
        if not lines.size:
            return {}
        which = known["row"][lines] - int(seen.rows["number"][0])
        rows = {name: column[which] for name, column in seen.rows.items()}
        columns = self._columns(rows, {name: column[lines] for name, column in known.items()})
        for at in range(lines.size):
            row = {name: column[at] for name, column in columns.items()}
            taken.add(int(rows["target"][at]), int(rows["block"][at]), int(rows["time"][at]), **row)
        return {"payments": {"row": rows["number"], "payee": rows["target"]}}

    def _payments(self, seen: Seen, known: Columns) -> Array:
        """Lines of payments that took much of what a wallet in use had."""
        at = np.flatnonzero((known["emptied"] > 0) | (known["partly"] > 0))
        said = {name: column[at] for name, column in known.items()}
        which = said["row"] - int(seen.rows["number"][0])
        payer, payee, signer, asset = (
            seen.rows[name][which] for name in ("source", "target", "signer", "asset")
        )
        is_known = (asset == 0) | (said["from_paid_asset"] > 0) | (said["asset_payers"] >= IN_USE_PAYERS)
        kept = said["direct"] | ((signer != payer) & is_known)
        kept &= ~((said["from_funder"] == payee) & (said["funded_well"] > 0)) & (said["paid_back"] == 0)
        kept &= said["other_payees"] >= self.settings.own_payees
        found: Array = at[kept]
        return found

    def _columns(self, rows: Columns, said: Columns) -> Columns:
        """What is remembered of payments. Who has the keys takes the native value too."""
        own, pulled = self.settings, rows["signer"] != rows["source"]
        gone = pulled | (rows["asset"] == 0) | (said["native_left"] <= own.gas_wei)
        funder = said["from_funder"]
        tied = (funder > 0) & (said["funder_payees"] < own.same_owner_payees) & (said["funded_well"] > 0)
        gwei = [min(wei // GWEI, _LARGEST) for wei in whole(rows["amount"])]
        return {
            "row": rows["number"], "payer": rows["source"], "signer": rows["signer"], "asset": rows["asset"],
            "gwei": np.array(gwei, np.int64), "lent": said["lent"], "usual": said["to_usual"],
            "as_much": said["to_knows_as_much"], "is_coin": rows["money"] == 0,
            "in_use": said["asset_payers"] >= IN_USE_PAYERS, "emptied": said["emptied"] > 0,
            "whole": (said["emptied"] == EMPTIED) & (said["tokens_left"] == 0) & gone,
            "owner": np.where(tied, funder, -rows["source"]), "amount": rows["amount"],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """victims: owners emptied to one address before it alerts. window_seconds: block time within which they
    must be. remembered: payments to an address that are looked at beside those of a block itself, the newest.
    part: of two assets each that a wallet lost at one sitting, from which on the rest hides nothing, nor do
    weeks between one wallet and the next.
    """

    victims: int = 3
    window_seconds: int = 6 * 3600
    remembered: int = 20_000
    part: float = 0.5


class WalletDrain:
    """Flags an address to which at least three unrelated owners' wallets were emptied within six hours.

    A wallet counts as emptied when at least 95 % of a balance the stream fully knows went, in one payment or
    in bites, and no token in use is left that it paid with itself (nor native value, where it sent the token
    itself); or, where the balance is not fully known, when two assets went in more than was known and more
    than in any payment before. It must have been in use: it paid others itself and kept something. What the
    taker had lent it is no loss; and it gets nothing that matters to it back in the transaction. Wallets with
    one funder count as one owner, as do a wallet and its funder, unless that funder serves many.

    So do three of whom each lost half or more of two assets at one sitting, weeks apart or not, to somebody
    whom hardly anybody else pays: nobody shares two kinds of savings with one who has no other customers.

    What an attacker can give decides nothing: worthless tokens, dust, transfers and deposits told by some
    contract. Every excuse is held against the sum that moves: a funder's money is a twentieth of what the
    wallet ever had, a busy place was paid three times as much (of the coin, or of this very token) by wallets
    that kept some, before the first was emptied, or paid as much of the token itself. A stake or a share of a
    vault is no rest.

    Fails: victims with one asset whose balance began before the stream, or to whom native value came inside
    of calls; what leaves more than a twentieth of one asset alone, or takes it alone with six hours between
    victims or bites; another taker for each victim, one whose victims were first robbed into each other,
    and drains through contracts that route the money; who funds the wallets of strangers before their
    owners do, by a twentieth of all they will have; who was paid by six wallets of his own what three
    victims have. Accuses wrongly: a contract that sells something nobody used yet, where three spend all
    they have on it; wallets of one owner that each came from a large exchange; friends who put half of two
    assets each into one new purse. Costs one filter a piece; candidates are rare. Source: Forta's drainer
    heuristics (.3 to .4 confidence).
    """

    name = "wallet-drain"
    catches = ("wallet-drain",)
    needs: Tier = "transfers"
    settings = Settings()
    reads: tuple[str, ...] = ("takings",)
    quiet_seconds = 90 * 86_400

    def score(self, seen: Seen) -> list[Finding]:
        """One finding for each block and taker with a drain completed or going on: subject = the taker."""
        payments = seen.of("takings").get("payments")
        if payments is None:
            return []
        blocks = seen.rows["block"][payments["row"] - int(seen.rows["number"][0])]
        asked = Counter(zip(blocks.tolist(), payments["payee"].tolist(), strict=True))
        found = ((taker, self._drain(seen, block, taker, fresh)) for (block, taker), fresh in asked.items())
        return [self._finding(seen, taker, drain) for taker, drain in found if drain is not None]

    def _drain(self, seen: Seen, block: int, taker: int, fresh: int) -> Columns | None:
        """The payments to a taker that emptied wallets, up to the last of the block, of which `fresh` are of
        the block, whose payer it leaves emptied, oldest first; None where too few owners are.
        """
        past = seen.history("takings.taken").rows(taker, block, self.settings.remembered + fresh)
        if len(set(past["payer"].tolist())) < self.settings.victims:
            return None
        past = some(past, slice(None, None, -1))
        for last in np.flatnonzero(past["block"] == block)[::-1].tolist():
            window = past["time"] + self.settings.window_seconds >= past["time"][last]
            window[last + 1 :] = False
            if past["payer"][last] in _emptied(past, window):
                window &= ~_usual(past, int(np.flatnonzero(window)[0]))
                drain = self._of(past, window & np.isin(past["payer"], _emptied(past, window)))
                if drain is not None and self._is_sure(seen, block, taker, drain, past):
                    return drain
                break
        return self._halved(seen, block, taker, past)

    def _halved(self, seen: Seen, block: int, taker: int, past: Columns) -> Columns | None:
        """The same, whose payers lost most of two assets each, weeks apart or not; one in the block."""
        if _of_two_assets(past) < self.settings.victims:
            return None
        past = some(past, ~_usual(past, 0))
        robbed = halved(People(seen, block), taker, past, self.settings.part)
        drain = self._of(past, np.isin(past["payer"], robbed))
        return drain if drain is not None and drain["block"][-1] == block else None

    def _is_sure(self, seen: Seen, block: int, taker: int, drain: Columns, past: Columns) -> bool:
        """Whether enough are known to have lost all, or hardly anybody paid the taker but who is emptied at
        some time: of balances that are not known, what customers of a shop pay looks like all they had.
        """
        known = some(drain, drain["whole"] == 1)
        if _owners(known) >= self.settings.victims:
            return True
        payers = _emptied(past, np.ones(past["payer"].size, bool)).tolist()
        return lives_by(People(seen, block), taker, payers, drain)

    def _of(self, past: Columns, lines: Array) -> Columns | None:
        """Some lines, if their payers are enough owners."""
        drain = some(past, lines)
        return drain if _owners(drain) >= self.settings.victims else None

    def _finding(self, seen: Seen, taken_by: int, payments: Columns) -> Finding:
        taker, victims = seen.address(taken_by), _addresses(seen, payments["payer"])
        operators = [who for who in _addresses(seen, payments["signer"]) if who not in {*victims, taker}]
        owners, seconds = _owners(payments), int(payments["time"][-1] - payments["time"][0])
        roles: list[tuple[bytes, RoleName]] = [(taker, "attacker")]
        roles += [(wallet, "attacker") for wallet in operators]
        roles += [(wallet, "victim") for wallet in victims]
        most: Severity = "critical" if owners > self.settings.victims + 1 else "high"
        wei = _lost_wei(payments)
        in_use = bool(((payments["is_coin"] == 0) & (payments["in_use"] == 1)).any())
        return Finding(
            **place_of(seen, int(payments["row"][-1])),
            category="wallet-drain",
            subject_kind="wallet",
            subject=taker,
            score=round(1.0 - 0.3 / (1.0 + 0.5 * (owners - self.settings.victims)), 6),
            severity=worth.severity(most, wei, in_use),
            roles=tuple(roles),
            rows=seen.evidence(payments["row"].tolist()),
            measured={"victims": owners, "seconds": seconds, "native_wei": str(wei)},
            thresholds={"victims": self.settings.victims, "seconds": self.settings.window_seconds},
            explanation=f"{owners} unrelated wallets in use were emptied, or lost most of two assets each, "
            f"to {hexed(taker)} within {seconds} seconds; none of them got anything back.",
        )


def _addresses(seen: Seen, numbers: Array) -> list[bytes]:
    return sorted(seen.address(number) for number in np.unique(numbers).tolist())


def _emptied(past: Columns, window: Array) -> Array:
    """Payers that what they paid leaves emptied: of all they had, or of two assets."""
    wholly = past["payer"][window & (past["whole"] == 1)]
    some = window & (past["emptied"] == 1)
    pairs = np.unique(np.stack([past["payer"][some], past["asset"][some]], axis=1), axis=0)
    payers, assets = np.unique(pairs[:, 0], return_counts=True)
    found: Array = np.union1d(wholly, payers[assets >= 2])
    return found


def _of_two_assets(past: Columns) -> int:
    """How many payers paid in two assets or more."""
    pairs = np.unique(np.stack([past["payer"], past["asset"]], axis=1), axis=0)
    return int(np.count_nonzero(np.unique(pairs[:, 0], return_counts=True)[1] >= 2))


def _usual(past: Columns, first: int) -> Array:
    """Whether a payment is nothing unusual for its payee: a busy place by what it was paid before the first
    of these, since a thief can make himself one of what he took.
    """
    busy = int(past["usual"][first])
    less = past["gwei"] <= busy // 3
    found: Array = np.where(past["asset"] == 0, less, past["as_much"] > 0) & (busy > 0)
    return found


def _owners(payments: Columns) -> int:
    """How many owners the emptied wallets have: those tied by a funder, or funding each other, are one."""
    tied: dict[int, int] = {}

    def root(wallet: int) -> int:
        while tied.get(wallet, wallet) != wallet:
            wallet = tied[wallet]
        return wallet

    wallets = payments["payer"].tolist()
    for wallet, owner in zip(wallets, payments["owner"].tolist(), strict=True):
        tied[root(wallet)] = root(owner)
    return len({root(wallet) for wallet in wallets})


def _lost_wei(payments: Columns) -> int:
    """Native value, wrapped or not, that the wallets lost: what the taker had lent them is none of it."""
    lost: dict[int, int] = {}
    loans: dict[int, int] = {}
    coin = payments["is_coin"] == 1
    columns = (
        payments["payer"][coin].tolist(),
        whole(payments["amount"][coin]),
        payments["lent"][coin].tolist(),
    )
    for wallet, wei, loan in zip(*columns, strict=True):
        lost[wallet] = lost.get(wallet, 0) + wei
        loans[wallet] = max(loans.get(wallet, 0), loan * GWEI)
    return sum(max(0, wei - loans[wallet]) for wallet, wei in lost.items())
