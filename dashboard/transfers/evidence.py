"""Transfers as far as alerts tell of them: what there is without a lake, and above a lake's last block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dashboard import wording
from dashboard.store import Reader
from dashboard.store.subjects import RECORDS, alerts_naming, alerts_of, alerts_of_transaction, records
from dashboard.transfers.values import Asked, Found, Token, Transfer, unknown
from detectors.alerts.alert import Alert, Evidence

MOST_NAMED = 50
"""Tokens of one answer whose names are looked for among alerts."""
_HEX = frozenset("0123456789abcdef")


class EvidenceTransfers:
    """Answers from the evidence of the newest alerts that name an address or a transaction."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def transfers(self, asked: Asked) -> Found:
        ids = list(dict.fromkeys(self._alerts(asked)))
        rows = {
            (row.transaction, row.log_index, row.payer, row.payee, row.token, row.amount): row
            for alert in self._records(asked.chain_id, ids)
            for row in moved(alert)
            if passes(row, asked)
        }
        found = sorted(rows.values(), key=lambda row: row.place, reverse=asked.order == "newest")
        left_out = [f"of {len(ids)} alerts only {RECORDS} are read"] if len(ids) > RECORDS else []
        if len(found) > asked.most:
            left_out.append(f"only the {asked.order} {asked.most:,} transfers are read")
        return Found(tuple(found[: asked.most]), tuple(left_out))

    def tokens(self, chain_id: int, addresses: Iterable[str]) -> dict[str, Token]:
        """As the newest alerts that name a token among their roles call it."""
        return {address: self._token(chain_id, address) for address in sorted(set(addresses))}

    def moved_tokens(self, chain_id: int, moves: Iterable[Transfer]) -> dict[str, Token]:
        """As alerts about the transactions that move a token call it; those that none calls are left out."""
        moved_in: dict[str, str] = {}
        for row in moves:
            if row.token is not None:
                moved_in.setdefault(row.token, row.transaction)
        found: dict[str, Token] = {}
        for token, transaction in list(moved_in.items())[:MOST_NAMED]:
            if token not in found:
                ids = [row.id for row in alerts_of_transaction(self._reader, chain_id, transaction)]
                for alert in self._records(chain_id, ids[:5]):
                    found |= called(alert)
        return {token: found[token] for token in moved_in if token in found}

    def _token(self, chain_id: int, address: str) -> Token:
        ids = [row.id for _, row in alerts_of(self._reader, chain_id, address)]
        for alert in self._records(chain_id, ids[:5]):
            if (token := called(alert).get(address)) is not None:
                return token
        return unknown(address)

    def _alerts(self, asked: Asked) -> Iterator[str]:
        if asked.transaction is not None:
            yield from (
                row.id for row in alerts_of_transaction(self._reader, asked.chain_id, asked.transaction)
            )
        named = (*asked.addresses, *([asked.token] if asked.token else []))
        if named:
            yield from alerts_naming(self._reader, asked.chain_id, named)

    def _records(self, chain_id: int, ids: list[str]) -> list[Alert]:
        told = records(self._reader, chain_id, ids)
        return [alert for status, alert in told if status != "retracted"]


def moved(alert: Alert) -> Iterator[Transfer]:
    """The transfers among an alert's evidence; rows that are none are passed over."""
    for row in alert.evidence:
        amount = wording.units_of(row.amount)
        whole = isinstance(row.block_number, int) and _is_hex(row.from_address) and _is_hex(row.to_address)
        if amount is not None and whole and (row.token is None or _is_hex(row.token)):
            yield _transfer(alert, row, amount)


def _transfer(alert: Alert, row: Evidence, amount: int) -> Transfer:
    same = row.block_number == alert.block_number and isinstance(alert.timestamp, int)
    return Transfer(
        chain_id=alert.chain_id,
        block_number=row.block_number,
        timestamp=alert.timestamp if same else None,
        transaction=wording.text(row.transaction, 66),
        log_index=row.log_index if isinstance(row.log_index, int) else None,
        kind=wording.text(row.kind, 24) or ("native" if row.token is None else "token"),
        token=row.token,
        payer=str(row.from_address),
        payee=str(row.to_address),
        amount=amount,
    )


def called(alert: Alert) -> dict[str, Token]:
    """What the tokens among an alert's evidence are called there."""
    found = {}
    for row in alert.evidence:
        if row.token is not None and _is_hex(row.token):
            decimals = row.decimals if wording.is_decimals(row.decimals) else None
            found[row.token] = Token(row.token, wording.symbol(row.symbol, row.token), "", decimals)
    return found


def passes(row: Transfer, asked: Asked) -> bool:
    sides = {"in": {row.payee}, "out": {row.payer}, "both": {row.payer, row.payee}}[asked.direction]
    return (
        (not asked.addresses or bool(sides & set(asked.addresses)))
        and (asked.token is None or row.token == asked.token)
        and (not asked.native_only or row.token is None)
        and (asked.transaction is None or row.transaction == asked.transaction)
        and (asked.first_block is None or row.block_number >= asked.first_block)
        and (asked.last_block is None or row.block_number <= asked.last_block)
    )


def _is_hex(value: object) -> bool:
    plain = isinstance(value, str) and value.startswith("0x") and len(value) == 42
    return plain and set(str(value)[2:]) <= _HEX
