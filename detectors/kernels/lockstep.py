"""Kernel of the part `clusters`: which young wallets were first paid by the same account, and which of them
then did the same things in the same order.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.signed_payments import GIVEN
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import NONE, find, too_old, touch
from detectors.memory.slots import fingerprint, mixed

ACTS = 8
"""Different things done that are remembered of a young wallet: the first ones."""

WALLET = Layout(
    ints=(
        "funder", "root", "funded", "row", "contract", "acts",
        *(f"act{n}" for n in range(ACTS)), *(f"row{n}" for n in range(ACTS)),
        *(f"got{n}" for n in range(ACTS)),
    ),
)  # fmt: skip
"""Of an account: who paid it first, where a chain of such payments began, when and by which row (0: it was
seen before it was paid); whether it is called like a contract; then what it did, the rows of that, and what
it got for nothing (its asset + 1; 0 nothing; else see `COSTS`).
"""
FUNDER, ROOT, FUNDED, FUNDED_ROW, CONTRACT, COUNT, ACT, ACT_ROW, GOT = WALLET.at(
    "funder", "root", "funded", "row", "contract", "acts", "act0", "row0", "got0"
)
LEADER = Layout(ints=("direct", "chain"))
"""Of who paid wallets first: how many of them directly, and how many in a chain that began there."""
STEP = Layout(ints=("count", "last"))
"""Of a leader and two things done one after the other: how many wallets did so in step, the last one when."""
DONE = Layout(ints=("wallet", "act", "row", "earlier"))
"""Of a leader: what one of its wallets did by which row, and its first payment; of a collector: what a wallet
got for nothing that it handed in, by which rows.
"""
DONE_WALLET, DONE_ACT, DONE_ROW, DONE_EARLIER = (chains.FIRST + n for n in range(4))

FUNDED_BY, IN_A_CHAIN, CASHED_OUT_TO = 0, 1, 2
"""What ties wallets."""

NOBODY = -1
COSTS, GIFT = -1, -2
"""Instead of what a call got for nothing: it gave something away, or it is a payment."""
CHAIN_S, STEP_S, LEAST, LEAST_EXIT = range(4)
"""Of the limits: seconds within which a paid wallet pays the next of a chain, within which the next wallet
does the same, and how many make a cluster by funder and by exit.
"""

_GIVES_AWAY = np.zeros(256, np.bool_)
"""Kinds of rows by which their source lets others have something."""
_GIVES_AWAY[[Kind.APPROVAL_ERC20, Kind.APPROVAL_ERC721, Kind.APPROVAL_FOR_ALL, Kind.PERMIT2_APPROVE]] = True
_GIVES_AWAY[[Kind.ERC721, Kind.ERC1155]] = True
_SALT = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


@njit(cache=True)
def key_of(one, other, third):  # type: ignore[no-untyped-def]
    """Three numbers as one, not below zero."""
    z = mixed(np.uint64(third) * _SALT[2])
    z = mixed(np.uint64(other) * _SALT[1] ^ z)
    return np.int64(mixed(np.uint64(one) * _SALT[0] ^ z) >> np.uint64(2))


@njit(cache=True)
def known(current, previous, key, time):  # type: ignore[no-untyped-def]
    """Whether there is a row of a key."""
    mark = fingerprint(current, key)
    row = find(current, mark, key)
    if row != NONE:
        return not too_old(current, row, time)
    row = find(previous, mark, key)
    return row != NONE and not too_old(previous, row, time)


@njit(cache=True)
def counted(steps, old_steps, journal, key, block, time, seconds):  # type: ignore[no-untyped-def]
    """One wallet more that did it; how many did within so many seconds of one another."""
    row = touch(steps, old_steps, journal, key, block, time)
    if time - steps[row + 1] > seconds:
        steps[row] = 0
    steps[row] += 1
    steps[row + 1] = time
    return steps[row]


@njit(cache=True)
def two_thirds(count, members):  # type: ignore[no-untyped-def]
    return 3 * count >= 2 * members


@njit(cache=True)
def act_of(t, called, selector, payment, p_transaction, p_payer, p_payee, p_asset, p_form, who):  # type: ignore[no-untyped-def]
    """What a transaction does, as one number: whom it pays in what, where it pays one account and gets
    nothing; else what it calls and how. With it the payee and the asset, or -1.
    """
    paid, payee, asset = 0, 0, 0
    while payment < p_transaction.size and p_transaction[payment] == t:
        if p_payer[payment] == who and p_form[payment] == GIVEN:
            paid, payee, asset = paid + 1, p_payee[payment], p_asset[payment]
        payment += 1
    if paid == 1:
        return key_of(payee, asset, -2), payee, asset
    return key_of(called, selector, -3), -1, -1


@njit(cache=True)
def received_freely(  # type: ignore[no-untyped-def]
    row_first, row_end, kind, source, who, selector, change, transaction, c_transaction, c_account, c_asset,
    received, paid,
):  # fmt: skip
    """What a call gave its signer for nothing: asset + 1, 0 nothing, `COSTS` where it is no call, or gives
    something away or into the hands of others.
    """
    if selector < 0:
        return COSTS
    for row in range(row_first, row_end):
        if _GIVES_AWAY[kind[row]] and source[row] == who:
            return COSTS
    got = 0
    while change < c_transaction.size and c_transaction[change] == transaction:
        if c_account[change] == who:
            for i in range(4):
                if received[change, i] != paid[change, i]:
                    if received[change, i] < paid[change, i]:
                        return COSTS
                    got = c_asset[change] + 1
                    break
        change += 1
    return got


@njit(cache=True)
def follow_wallets(  # type: ignore[no-untyped-def]
    wallets, old_wallets, wallets_journal, leaders, old_leaders, leaders_journal,
    steps, old_steps, steps_journal, cells, control, current, previous, journal,
    number, block_of, time_of, signer, called, selector, first_row, end_row, kind, source, row_number,
    c_transaction, c_account, c_asset, received, paid,
    p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_hub, limits,
    f_transaction, f_leader, f_link, f_first, f_second, f_count, f_members,
    y_transaction, y_wallet, y_funder, y_root, y_row,
):  # fmt: skip
    """Takes wallets through transactions in order; lines of wallets found in step, at most one a link and
    transaction, and lines of wallets that somebody paid first. How many of each.
    """
    change, payment, used, young = 0, 0, 0, 0
    for t in range(number.size):
        block, now, who, to = block_of[t], time_of[t], signer[t], called[t]
        while change < c_transaction.size and c_transaction[change] < number[t]:
            change += 1
        while payment < p_transaction.size and p_transaction[payment] < number[t]:
            payment += 1
        if selector[t] >= 0 and to != 0:
            row = touch(wallets, old_wallets, wallets_journal, to, block, now)
            wallets[row + CONTRACT] = 1
        me = touch(wallets, old_wallets, wallets_journal, who, block, now)
        if wallets[me + FUNDED] == 0:
            wallets[me + FUNDED] = now
        at = payment
        while at < p_transaction.size and p_transaction[at] == number[t]:
            row = _funded(
                wallets, old_wallets, wallets_journal, leaders, old_leaders, leaders_journal, block, now,
                p_payer[at], p_payee[at], p_asset[at], p_form[at], p_hub[at], p_row[at], limits,
            )  # fmt: skip
            if row != NONE:
                y_transaction[young], y_wallet[young], y_row[young] = number[t], p_payee[at], p_row[at]
                y_funder[young], y_root[young] = wallets[row + FUNDER], wallets[row + ROOT]
                young += 1
            at += 1
        if wallets[me + FUNDED_ROW] != 0 and to != 0:
            used = _acted(
                wallets, me, leaders, old_leaders, leaders_journal, steps, old_steps, steps_journal,
                cells, control, current, previous, journal, number[t], block, now, who, to, selector[t],
                first_row[t], end_row[t], kind, source, row_number,
                change, c_transaction, c_account, c_asset, received, paid,
                payment, p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_hub,
                old_wallets, wallets_journal, limits,
                f_transaction, f_leader, f_link, f_first, f_second, f_count, f_members, used,
            )  # fmt: skip
        else:
            _others_pay(
                steps, old_steps, steps_journal, number[t], block, now, payment, p_transaction, p_payee,
                p_asset,
            )  # fmt: skip
    return used, young


@njit(cache=True)
def _funded(  # type: ignore[no-untyped-def]
    wallets, old_wallets, wallets_journal, leaders, old_leaders, leaders_journal, block, now,
    payer, payee, asset, form, hub, p_row, limits,
):  # fmt: skip
    """The first that is seen of an account is that somebody pays it in the coin: it is theirs."""
    if known(wallets, old_wallets, payee, now):
        return NONE
    row = touch(wallets, old_wallets, wallets_journal, payee, block, now)
    wallets[row + FUNDED] = now
    if asset != 0 or form != GIVEN:
        return NONE
    wallets[row + FUNDED_ROW] = p_row + 1
    if hub & 1:
        wallets[row + FUNDER] = NOBODY
        return row
    above = touch(wallets, old_wallets, wallets_journal, payer, block, now)
    root = wallets[above + ROOT]
    if root <= 0 or now - wallets[above + FUNDED] > limits[CHAIN_S]:
        root = payer
    wallets[row + FUNDER], wallets[row + ROOT] = payer, root
    lead = touch(leaders, old_leaders, leaders_journal, payer, block, now)
    leaders[lead] += 1
    lead = touch(leaders, old_leaders, leaders_journal, root, block, now)
    leaders[lead + 1] += 1
    return row


@njit(cache=True)
def _others_pay(  # type: ignore[no-untyped-def]
    steps, old_steps, steps_journal, transaction, block, now, payment, p_transaction, p_payee, p_asset,
):  # fmt: skip
    """Payments of wallets that are not young count for whom they pay: it serves others too."""
    while payment < p_transaction.size and p_transaction[payment] == transaction:
        counted(
            steps, old_steps, steps_journal, key_of(p_payee[payment], p_asset[payment], -5), block, now,
            np.int64(1) << 60,
        )  # fmt: skip
        payment += 1


@njit(cache=True)
def _noted(  # type: ignore[no-untyped-def]
    cells, control, current, previous, journal, key, block, now, wallet, act, row, earlier,
):  # fmt: skip
    number = chains.add(cells, control, current, previous, journal, key, block, now)
    cells[number, DONE_WALLET], cells[number, DONE_ACT] = wallet, act
    cells[number, DONE_ROW], cells[number, DONE_EARLIER] = row, earlier


@njit(cache=True)
def _acted(  # type: ignore[no-untyped-def]
    wallets, me, leaders, old_leaders, leaders_journal, steps, old_steps, steps_journal,
    cells, control, current, previous, journal, transaction, block, now, who, to, selector,
    first_row, end_row, kind, source, row_number,
    change, c_transaction, c_account, c_asset, received, paid,
    payment, p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_hub,
    old_wallets, wallets_journal, limits,
    f_transaction, f_leader, f_link, f_first, f_second, f_count, f_members, used,
):  # fmt: skip
    count = wallets[me + COUNT]
    act, payee, asset = act_of(
        transaction, to, selector, payment, p_transaction, p_payer, p_payee, p_asset, p_form, who
    )  # fmt: skip
    for n in range(count):
        if wallets[me + ACT + n] == act:
            return used
    if count == ACTS:
        _others_pay(
            steps, old_steps, steps_journal, transaction, block, now, payment, p_transaction, p_payee, p_asset
        )  # fmt: skip
        return used
    got = received_freely(
        first_row, end_row, kind, source, who, selector, change, transaction, c_transaction, c_account,
        c_asset, received, paid,
    )  # fmt: skip
    if payee >= 0:
        got = GIFT
    row = row_number[first_row]
    wallets[me + ACT + count], wallets[me + ACT_ROW + count] = act, row
    wallets[me + GOT + count], wallets[me + COUNT] = got, count + 1
    funder, root, paid_row = wallets[me + FUNDER], wallets[me + ROOT], wallets[me + FUNDED_ROW] - 1
    direct, kin = 0, 0
    if funder > 0:
        lead = touch(leaders, old_leaders, leaders_journal, funder, block, now)
        direct = leaders[lead]
        lead = touch(leaders, old_leaders, leaders_journal, root, block, now)
        kin = max(direct, leaders[lead + 1])
    for link in range(2):
        leader = funder if link == FUNDED_BY else root
        if leader <= 0 or (link == IN_A_CHAIN and direct > 2) or (link == FUNDED_BY and direct <= 2):
            continue
        lead = touch(leaders, old_leaders, leaders_journal, leader, block, now)
        members = leaders[lead + link]
        _noted(
            cells, control, current, previous, journal, leader * 4 + link, block, now, who, act, row, paid_row
        )  # fmt: skip
        best, first = 0, 0
        for n in range(count):
            before = wallets[me + GOT + n]
            if got == COSTS or before == COSTS or (got == GIFT and before == GIFT):
                continue
            key = key_of(leader * 4 + link, wallets[me + ACT + n], act)
            did = counted(steps, old_steps, steps_journal, key, block, now, limits[STEP_S])
            if did > best:
                best, first = did, wallets[me + ACT + n]
        if best >= limits[LEAST] and two_thirds(best, members):
            f_transaction[used], f_leader[used], f_link[used] = transaction, leader, link
            f_first[used], f_second[used], f_count[used], f_members[used] = first, act, best, members
            used += 1
    if payee < 0:
        return used
    everybody = counted(
        steps, old_steps, steps_journal, key_of(payee, asset, -5), block, now, np.int64(1) << 60
    )  # fmt: skip
    there = touch(wallets, old_wallets, wallets_journal, payee, block, now)
    if wallets[there + FUNDED] == 0:
        wallets[there + FUNDED] = now
    if kin > 2 or wallets[there + CONTRACT] != 0:
        return used
    for n in range(count):
        if wallets[me + GOT + n] == asset + 1:
            first = wallets[me + ACT + n]
            _noted(
                cells, control, current, previous, journal, payee * 4 + CASHED_OUT_TO, block, now, who, first,
                row, wallets[me + ACT_ROW + n],
            )  # fmt: skip
            key = key_of(payee * 4 + CASHED_OUT_TO, first, act)
            did = counted(steps, old_steps, steps_journal, key, block, now, limits[STEP_S])
            if did >= limits[LEAST_EXIT] and two_thirds(did, everybody):
                f_transaction[used], f_leader[used], f_link[used] = transaction, payee, CASHED_OUT_TO
                f_first[used], f_second[used], f_count[used], f_members[used] = first, act, did, everybody
                used += 1
            break
    return used
