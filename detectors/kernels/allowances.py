"""Kernel of the part `grants`: who lets whom spend what, and which transfers were made by such a grant."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.tables import pair_key, word
from detectors.kernels.u256 import compare, is_zero, subtract_from
from detectors.memory import chains
from detectors.memory.claims import claim, seen
from detectors.memory.compiled import njit
from detectors.memory.layout import WORD, Layout
from detectors.memory.rows import OWN, touch
from detectors.memory.rows import value as value_of
from detectors.memory.slots import mixed

TRANSACTION, CREATION = int(Kind.TRANSACTION), int(Kind.CREATION)
ERC20 = int(Kind.ERC20)
ITEMS = (int(Kind.ERC721), int(Kind.ERC1155))
APPROVAL, FOR_ALL, ONE_ITEM = int(Kind.APPROVAL_ERC20), int(Kind.APPROVAL_FOR_ALL), int(Kind.APPROVAL_ERC721)
PERMIT2 = (int(Kind.PERMIT2_APPROVE), int(Kind.PERMIT2_PERMIT), int(Kind.PERMIT2_LOCKDOWN))

SIGNED, PERMITTED, TOLD = 1, 2, 3
"""How a grant came about: in a transaction of the owner; by his signature, or by a contract that he is; by
the word of a contract which he does not let handle the asset.
"""

STANDING = Layout(
    ints=("owner", "spender", "asset", "basis", "how", "given", "row", "until", "on"), words=("amount",)
)
OWNER, SPENDER, ASSET, BASIS, HOW, GIVEN, ROW, UNTIL, ON, AMOUNT = (
    OWN + at for at in STANDING.at(*STANDING.ints, *STANDING.words)
)
LATEST = Layout(ints=("spender",))
SIGNERS = Layout(ints=("signed",))
HISTORY = Layout(ints=("owner", "asset", "number", "how", "basis", "on"))
_OWNER, _ASSET, _NUMBER, _HOW, _BASIS, _ON = (chains.FIRST + at for at in HISTORY.at(*HISTORY.ints))

NEAR = 4
"""Rows to either side among which an allowance that a transfer lowered has its transfer."""
CREATED = 8
"""Contracts made in a transaction that are tried as spenders."""


@njit(cache=True)
def copy_to(there, here):  # type: ignore[no-untyped-def]
    """Copies a word."""
    for i in range(WORD):
        there[i] = here[i]


@njit(cache=True)
def grant_key(owner, asset, spender):  # type: ignore[no-untyped-def]
    """One number for three; rows say whose they are, so that numbers that meet are told apart."""
    return np.int64(mixed(mixed(np.uint64(pair_key(owner, spender))) ^ np.uint64(asset)) >> np.uint64(1))


@njit(cache=True)
def standing_of(current, previous, told, old_told, owner, asset, spender, time):  # type: ignore[no-untyped-def]
    """The row of a grant, empty where there is none."""
    row = seen(current, previous, told, old_told, grant_key(owner, asset, spender), time)
    if row.size > 0 and row[OWNER] == owner and row[SPENDER] == spender and row[ASSET] == asset:
        return row
    return current[:0]


@njit(cache=True)
def _lowered(i, top, end, kind, source, asset, amount, before, known):  # type: ignore[no-untyped-def]
    """Whether an approval is what a `transferFrom` left of an allowance: OpenZeppelin's emits one that nobody
    signed. Where the allowance from before is not known, one beside a transfer counts so, but for what only a
    permit says: all, or exactly what moves behind it.
    """
    left = np.empty(WORD, np.uint64)
    for j in range(max(top, i - NEAR), min(end, i + NEAR + 1)):
        if kind[j] != ERC20 or source[j] != source[i] or asset[j] != asset[i]:
            continue
        if known:
            if compare(before, amount[j]) >= 0:
                copy_to(left, before)
                subtract_from(left, amount[j])
                if compare(left, amount[i]) == 0:
                    return True
        elif j < i or (amount[i, 0] == 0 and amount[i, 1] == 0 and compare(amount[i], amount[j]) != 0):
            return True
    return False


@njit(cache=True)
def allowances(  # type: ignore[no-untyped-def]
    first, first_row, end_row, number, tx_target,
    kind, flag, block, time, signer, source, target, third, emitter, asset, amount, small,
    current, previous, journal, told, old_told, told_journal,
    latest, old_latest, latest_journal, signers, old_signers, signers_journal,
    cells, control, heads, old_heads, heads_journal,
    g_row, g_transaction, g_owner, g_spender, g_asset, g_basis, g_how, g_on, g_fresh,
    t_row, t_transaction, t_owner, t_receiver, t_spender, t_exact, t_asset, t_grant, t_basis, t_how, t_given,
    t_own,
):  # fmt: skip
    """Writes a line for each grant that was given or ended, and for each transfer that its payer did not ask
    the token for himself; how many of each.
    """
    given = taken = 0
    candidates = np.empty(CREATED + 2, np.int64)
    before = np.empty(WORD, np.uint64)
    for t in range(number.size):
        top, end = first_row[t], end_row[t]
        by, to = signer[top], tx_target[t]
        count = 1
        candidates[0] = by
        if to != 0:
            candidates[count] = to
            count += 1
        for i in range(top, end):
            k = kind[i]
            if k == TRANSACTION:
                place = touch(signers, old_signers, signers_journal, by, block[i], time[i])
                signers[place] = 1
            elif k == CREATION:
                if count < candidates.size:
                    candidates[count] = target[i]
                    count += 1
            elif k in (APPROVAL, FOR_ALL) or k in PERMIT2:
                owner, spender = source[i], target[i]
                if owner == 0 or spender == 0 or owner == spender:
                    continue
                old = standing_of(current, previous, told, old_told, owner, asset[i], spender, time[i])
                known = old.size > 0 and old[BASIS] == k and (old[ON] == 1 or k == APPROVAL)
                if known:
                    copy_to(before, word(old, AMOUNT))
                on = flag[i]
                if k == PERMIT2[2]:
                    on = False
                lowered = False
                if k == APPROVAL and not (by == owner and to == asset[i]):
                    lowered = _lowered(i, top, end, kind, source, asset, amount, before, known)
                how = SIGNED if by == owner else PERMITTED
                if k in PERMIT2:
                    house = standing_of(
                        current, previous, told, old_told, owner, asset[i], emitter[i], time[i]
                    )
                    if house.size == 0 and by != owner:
                        how = TOLD
                if lowered and old.size > 0:
                    how = old[HOW]
                key = grant_key(owner, asset[i], spender)
                was_on = old.size > 0 and old[ON] == 1
                row = claim(
                    current, previous, journal, told, old_told, told_journal, key, block[i], time[i],
                    how == SIGNED,
                )  # fmt: skip
                if lowered and row[ROW] == 0:
                    # An allowance from before the stream: it is in force, and nobody knows since when.
                    row[HOW] = TOLD
                if not lowered:
                    row[HOW], row[GIVEN], row[ROW] = how, time[i] if on else row[GIVEN], first + i
                row[OWNER], row[SPENDER], row[ASSET], row[BASIS] = owner, spender, asset[i], k
                row[UNTIL] = small[i] if k in PERMIT2 else 0
                row[ON] = 1 if on or lowered else 0
                copy_to(word(row, AMOUNT), amount[i])
                if lowered:
                    continue
                if on:
                    place = touch(
                        latest, old_latest, latest_journal, pair_key(owner, asset[i]), block[i], time[i]
                    )
                    latest[place] = spender
                if how != TOLD:
                    n = chains.add(
                        cells, control, heads, old_heads, heads_journal, spender, block[i], time[i]
                    )
                    cells[n, _OWNER], cells[n, _ASSET], cells[n, _ON] = owner, asset[i], on
                    cells[n, _NUMBER], cells[n, _HOW], cells[n, _BASIS] = first + i, how, k
                g_row[given], g_transaction[given], g_owner[given] = first + i, number[t], owner
                g_spender[given], g_asset[given], g_basis[given] = spender, asset[i], k
                g_how[given], g_on[given], g_fresh[given] = how, on, on and not was_on
                given += 1
            elif k == ERC20 or k in ITEMS:
                owner = source[i]
                own = owner == by
                if owner == 0 or target[i] == 0 or owner == target[i] or is_zero(amount[i]):
                    continue
                if own and to == asset[i]:
                    continue
                spender, exact, basis, how, since, grant = -1, False, 0, 0, 0, -1
                for c in range(count):
                    if candidates[c] == owner:
                        continue
                    row = standing_of(
                        current, previous, told, old_told, owner, asset[i], candidates[c], time[i]
                    )
                    if row.size > 0 and (row[ON] == 1 or row[BASIS] == APPROVAL):
                        spender, exact = candidates[c], True
                        break
                if not exact:
                    # Zero is nobody: it is no spender.
                    any_spender = value_of(latest, old_latest, pair_key(owner, asset[i]), time[i], 0)
                    row = current[:0]
                    if any_spender != 0:
                        row = standing_of(
                            current, previous, told, old_told, owner, asset[i], any_spender, time[i]
                        )
                    if row.size > 0 and row[ON] == 1:
                        spender = any_spender
                    else:
                        row = current[:0]
                if row.size > 0:
                    basis, how, since, grant = row[BASIS], row[HOW], row[GIVEN], row[ROW]
                    if how == TOLD and row[GIVEN] == 0:
                        grant = -1
                elif own or not is_known(signers, old_signers, owner, time[i]):
                    continue
                t_row[taken], t_transaction[taken], t_owner[taken] = first + i, number[t], owner
                t_receiver[taken], t_spender[taken], t_exact[taken] = target[i], spender, exact
                t_asset[taken], t_grant[taken], t_basis[taken] = asset[i], grant, basis
                t_how[taken], t_given[taken], t_own[taken] = how, since, own
                taken += 1
    return given, taken


@njit(cache=True)
def is_known(signers, old_signers, who, time):  # type: ignore[no-untyped-def]
    """Whether somebody has signed a transaction, so that it is no contract."""
    return value_of(signers, old_signers, who, time, 0) > 0
