"""What ties wallets to one owner: who paid their first money, and what they pay each other beside trades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.parts.contract import Kind
from detectors.parts.people import People

CHAIN = 6
"""Payments of first money that are followed up: a chain of wallets, each of which pays the next."""


@dataclass(frozen=True, slots=True)
class Kinship:
    """Of a few wallets as of the end of a block. What many are paid by ties nobody."""

    people: People

    def root(self, wallet: int) -> int:
        """Where a wallet's first money began: up along first payers that serve few."""
        for _ in range(CHAIN):
            payer = self.people.fee_payer(wallet) or self.people.funder(wallet)
            if not payer or self._serves_strangers(payer):
                return wallet
            wallet = payer
        return wallet

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

    def _serves_strangers(self, payer: int) -> bool:
        return self.people.is_hub(payer) or self.people.serves_many(payer)
