"""Kernel of the part `clusters`: which young wallets were first paid by the same account, and which of them
then did the same things in the same order.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.acts import COSTS, GIFT, act_of, received_freely
from detectors.kernels.cohorts import MEMBER_CELLS, MOST, WALK, cohort_of, drew, key_of
from detectors.kernels.signed_payments import GIVEN
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import NONE, find, too_old, touch
from detectors.memory.slots import fingerprint

ACTS = 8
"""Different things done that are remembered of a young wallet: the first ones."""

WALLET = Layout(
    ints=(
        "funder", "root", "funded", "row", "contract", "acts",
        *(f"act{n}" for n in range(ACTS)), *(f"row{n}" for n in range(ACTS)),
        *(f"got{n}" for n in range(ACTS)), "hub",
    ),
)  # fmt: skip
"""Of an account: who paid it first, where a chain of such payments began, when and by which row (0: it was
seen before it was paid); whether it is called like a contract; then what it did, the rows of that, and what
it got for nothing (its asset + 1; 0 nothing; else see `COSTS`); the hub that paid it first, if one did.
"""
FUNDER, ROOT, FUNDED, FUNDED_ROW, CONTRACT, COUNT, ACT, ACT_ROW, GOT, HUB = WALLET.at(
    "funder", "root", "funded", "row", "contract", "acts", "act0", "row0", "got0", "hub"
)
LEADER = Layout(ints=("direct", "chain"))
"""Of who paid wallets first: how many of them directly, and how many in a chain that began there."""
STEP = Layout(ints=("count", "last"))
"""Of a leader and one thing done, or two in order: how many wallets did so in step, the last one when."""
DONE = Layout(ints=("wallet", "act", "row", "earlier"))
"""Of a leader: what one of its wallets did by which row, and its first payment; of a collector: what a wallet
got for nothing that it handed in, by which rows.
"""
DONE_WALLET, DONE_ACT, DONE_ROW, DONE_EARLIER = (chains.FIRST + n for n in range(4))

FUNDED_BY, IN_A_CHAIN, CASHED_OUT_TO, DRAWN_FROM = 0, 1, 2, 3
"""What ties wallets."""

NOBODY = -1
ALONE = -6
"""Marks the key of one thing done, beside those of two."""
CHAIN_S, STEP_S, LEAST, LEAST_EXIT = range(4)
"""Of the limits: seconds within which a paid wallet pays the next of a chain, within which the next wallet
does the same, and how many make a cluster by funder and by exit.
"""


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
def most_of_all(count, began, members):  # type: ignore[no-untyped-def]
    """Whether more than half go on of wallets that all (but one, or one in ten) began it together: the head
    of a chain of payments may do nothing but pay.
    """
    return 2 * count > members and began >= members - max(1, members // 10)


@njit(cache=True)
def follow_wallets(  # type: ignore[no-untyped-def]
    wallets, old_wallets, wallets_journal, leaders, old_leaders, leaders_journal,
    steps, old_steps, steps_journal, cells, control, current, previous, journal,
    d_cells, d_words, d_control, d_current, d_previous, d_journal,
    number, block_of, time_of, signer, called, selector, first_row, end_row, kind, source, row_number,
    c_transaction, c_account, c_asset, received, paid,
    p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_hub, p_amount, limits,
    f_transaction, f_leader, f_link, f_first, f_second, f_count, f_members, f_began,
    y_transaction, y_wallet, y_funder, y_root, y_row,
):  # fmt: skip
    """Takes wallets through transactions in order; lines of wallets found in step, at most one a link and
    transaction, and lines of wallets that somebody paid first: how many of each. With them the wallets of
    those that a hub paid (`d_`: what hubs paid first), as lines.
    """
    change, payment, used, young, held = 0, 0, 0, 0, 0
    near, sums = np.empty(3 * WALK, np.int64), np.zeros(3, np.int64)
    members, line = np.empty((MOST, MEMBER_CELLS), np.int64), np.empty((MOST, MEMBER_CELLS), np.int64)
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
                if wallets[row + HUB] != 0:
                    drew(
                        d_cells, d_words, d_control, d_current, d_previous, d_journal, p_payer[at],
                        p_payee[at], p_row[at], p_amount[at], block, now,
                    )  # fmt: skip
                y_transaction[young], y_wallet[young], y_row[young] = number[t], p_payee[at], p_row[at]
                y_funder[young], y_root[young] = wallets[row + FUNDER], wallets[row + ROOT]
                young += 1
            at += 1
        if wallets[me + FUNDED_ROW] != 0 and to != 0:
            acted = wallets[me + COUNT]
            used = _acted(
                wallets, me, leaders, old_leaders, leaders_journal, steps, old_steps, steps_journal,
                cells, control, current, previous, journal, number[t], block, now, who, to, selector[t],
                first_row[t], end_row[t], kind, source, row_number,
                change, c_transaction, c_account, c_asset, received, paid,
                payment, p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_hub,
                old_wallets, wallets_journal, limits,
                f_transaction, f_leader, f_link, f_first, f_second, f_count, f_members, f_began, used,
            )  # fmt: skip
            me = touch(wallets, old_wallets, wallets_journal, who, block, now)
            if wallets[me + HUB] != 0 and wallets[me + COUNT] > acted:
                hub, act = wallets[me + HUB], wallets[me + ACT + acted]
                first = _in_step_with_customers(
                    wallets, me, steps, old_steps, steps_journal, hub, block, now, limits
                )  # fmt: skip
                named = 0
                if first != 0:
                    named = cohort_of(
                        d_cells, d_words, d_control, d_current, d_previous, wallets, old_wallets, hub, who,
                        wallets[me + FUNDED], first, act, ACT, ACT_ROW, ACTS, number[t], block, now, near,
                        line, sums,
                    )  # fmt: skip
                alike = two_thirds(sums[0], sums[1]) and two_thirds(sums[0], sums[2])
                if named > 0 and alike and sums[0] >= limits[LEAST_EXIT]:
                    f_transaction[used], f_leader[used], f_link[used] = number[t], hub, DRAWN_FROM
                    f_first[used], f_second[used] = first, act
                    f_count[used], f_members[used], f_began[used] = sums[0], sums[1], sums[0]
                    used += 1
                    members = _with_room(members, held, named)
                    members[held : held + named] = line[:named]
                    held += named
        else:
            _others_pay(
                steps, old_steps, steps_journal, number[t], block, now, payment, p_transaction, p_payee,
                p_asset,
            )  # fmt: skip
    return used, young, members[:held]


@njit(cache=True)
def _with_room(lines, used, more):  # type: ignore[no-untyped-def]
    if used + more <= lines.shape[0]:
        return lines
    larger = np.empty((2 * (used + more), MEMBER_CELLS), np.int64)
    larger[:used] = lines[:used]
    return larger


@njit(cache=True)
def _in_step_with_customers(wallets, me, steps, old_steps, journal, hub, block, now, limits):  # type: ignore[no-untyped-def]
    """What a hub's customer did before its last act, both calls that cost nothing (many spend at one shop),
    where enough customers did both, each within an hour of the one before; else 0.
    """
    last = wallets[me + COUNT] - 1
    got, second, best, first = wallets[me + GOT + last], wallets[me + ACT + last], 0, 0
    for n in range(last):
        before = wallets[me + GOT + n]
        if got < 0 or before < 0:
            continue
        key = key_of(hub * 4 + DRAWN_FROM, wallets[me + ACT + n], second)
        did = counted(steps, old_steps, journal, key, block, now, limits[STEP_S])
        if did > best:
            best, first = did, wallets[me + ACT + n]
    return first if best >= limits[LEAST_EXIT] else 0


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
        wallets[row + FUNDER], wallets[row + HUB] = NOBODY, payer
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
    f_transaction, f_leader, f_link, f_first, f_second, f_count, f_members, f_began, used,
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
        counted(
            steps, old_steps, steps_journal, key_of(leader * 4 + link, act, ALONE), block, now, limits[STEP_S]
        )  # fmt: skip
        if best < limits[LEAST]:
            continue
        began = steps[
            touch(
                steps, old_steps, steps_journal, key_of(leader * 4 + link, first, ALONE), block, now
            )
        ]  # fmt: skip
        if two_thirds(best, members) or most_of_all(best, began, members):
            f_transaction[used], f_leader[used], f_link[used] = transaction, leader, link
            f_first[used], f_second[used], f_count[used], f_members[used] = first, act, best, members
            f_began[used], used = began, used + 1
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
                f_began[used], used = did, used + 1
            break
    return used
