"""What ties wallets to one owner: who paid their first money, the same odd sum drawn at about the same time,
and what they pay each other beside trades.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.parts.contract import Kind
from detectors.parts.kinds import is_some
from detectors.parts.people import HUB, People, whole

CHAIN = 6
"""Payments of first money that are followed up: a chain of wallets, each of which pays the next."""
DIGITS = 4
"""Digits of a sum beyond which it is odd: two strangers draw 0.05, or 1.25, and not 1.111994."""
DRAWN_S = 3600


@dataclass(frozen=True, slots=True)
class Kinship:
    """Of a few wallets as of the end of a block. What many are paid by ties nobody, but for those few whose
    first money is the same odd sum of its within an hour: an owner fills his wallets alike.
    """

    people: People

    def root(self, wallet: int) -> int:
        """Where a wallet's first money began: up along first payers that serve few."""
        for _ in range(CHAIN):
            payer = self.payer(wallet)
            if not payer:
                return wallet
            wallet = payer
        return wallet

    def payer(self, wallet: int) -> int:
        """Who paid a wallet's first money, or had a contract that pays for many do it; 0 where that ties
        nobody.
        """
        people = self.people
        payer = people.fee_payer(wallet) or people.funder(wallet)
        if not payer or not self._serves_strangers(payer):
            return payer
        rows = people.rows(wallet)
        came = np.flatnonzero((rows["target"] == wallet) & (rows["source"] == payer))
        signer = int(rows["signer"][came[-1]]) if came.size else payer
        return 0 if signer in (payer, wallet) or self._pays_strangers(signer) else signer

    def groups(self, wallets: list[int]) -> list[set[int]]:
        """Those with one root, or who drew alike, or paid each other by hand, together; the largest first."""
        found: list[set[int]] = []
        for wallet in dict.fromkeys(wallets):
            ties = {wallet, self.root(wallet), *self.paid_by_hand(wallet, wallets)}
            ties |= self.drew_alike(wallet, wallets)
            joined = [group for group in found if group & ties]
            found = [group for group in found if not group & ties] + [ties.union(*joined)]
        return sorted((group & set(wallets) for group in found), key=len, reverse=True)

    def paid_by_hand(self, wallet: int, among: list[int]) -> set[int]:
        """Those whom a wallet sent the coin without a call."""
        rows = self.people.rows(wallet)
        sent = (rows["kind"] == Kind.TRANSACTION) & (rows["source"] == wallet) & (rows["small"] < 0)
        sent &= is_some(rows["amount"]) & (rows["third"] == 0) & np.isin(rows["target"], among)
        return {int(each) for each in rows["target"][sent]}

    def drew_alike(self, wallet: int, among: list[int]) -> set[int]:
        """Those of `among` that were first paid the same odd sum by the same busy place within an hour of a
        wallet, where not many more were.
        """
        payer, wei, time = self.first_draw(wallet)
        if not payer or len(str(wei).rstrip("0")) <= DIGITS:
            return set()
        draws = {other: self.first_draw(other) for other in among if other != wallet}
        alike = {
            other
            for other, (by, sum_, when) in draws.items()
            if (by, sum_) == (payer, wei) and abs(when - time) <= DRAWN_S
        }
        if not alike:
            return alike
        rows = self.people.rows(payer)
        near = (rows["source"] == payer) & (abs(rows["time"] - time) <= DRAWN_S)
        same = [amount == wei for amount in whole(rows["amount"][near])]
        return alike if np.unique(rows["target"][near][same]).size < HUB else set()

    def first_draw(self, wallet: int) -> tuple[int, int, int]:
        """Which busy place paid a wallet's first money by its own transaction, what of the coin, and when; 0
        where none did.
        """
        rows = self.people.rows(wallet)
        if not self.people.is_fully_known(wallet) or not rows["row"].size:
            return 0, 0, 0
        kind, payer, to, asset = (int(rows[name][-1]) for name in ("kind", "source", "target", "asset"))
        if kind != Kind.TRANSACTION or to != wallet or asset or not self._serves_strangers(payer):
            return 0, 0, 0
        return payer, whole(rows["amount"][-1:])[0], int(rows["time"][-1])

    def is_young(self, wallet: int, row: int) -> bool:
        """Whether a wallet was first heard of in the stream, less than its own newest rows before a row."""
        rows = self.people.rows(wallet)
        known = self.people.is_fully_known(wallet) and rows["row"].size > 0
        paid = (rows["target"] == wallet) & (rows["kind"] == Kind.TRANSACTION)
        return bool(known and paid.any() and rows["row"][paid][-1] == rows["row"][-1] < row)

    def _pays_strangers(self, signer: int) -> bool:
        """Whether what somebody signs brings money to many, through whatever contract."""
        rows = self.people.rows(signer)
        paid = (rows["signer"] == signer) & (rows["target"] != signer) & (rows["kind"] != Kind.TRANSACTION)
        return self._serves_strangers(signer) or np.unique(rows["target"][paid]).size >= HUB

    def _serves_strangers(self, payer: int) -> bool:
        return self.people.is_hub(payer) or self.people.serves_many(payer)
