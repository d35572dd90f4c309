"""What ties wallets to one owner: who paid their first money, and what they pay each other beside trades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.parts.contract import Kind
from detectors.parts.people import HUB, People

CHAIN = 6
"""Payments of first money that are followed up: a chain of wallets, each of which pays the next."""


@dataclass(frozen=True, slots=True)
class Kinship:
    """Of a few wallets as of the end of a block. What many are paid by ties nobody."""

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
        """Those with one root, or who paid each other by hand, together; the largest first."""
        found: list[set[int]] = []
        for wallet in dict.fromkeys(wallets):
            ties = {wallet, self.root(wallet), *self.paid_by_hand(wallet, wallets)}
            joined = [group for group in found if group & ties]
            found = [group for group in found if not group & ties] + [ties.union(*joined)]
        return sorted((group & set(wallets) for group in found), key=len, reverse=True)

    def paid_by_hand(self, wallet: int, among: list[int]) -> set[int]:
        """Those whom a wallet sent the coin without a call."""
        rows = self.people.rows(wallet)
        sent = (rows["kind"] == Kind.TRANSACTION) & (rows["source"] == wallet) & (rows["small"] < 0)
        sent &= (rows["amount"] != 0).any(axis=1) & (rows["third"] == 0) & np.isin(rows["target"], among)
        return {int(each) for each in rows["target"][sent]}

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
