"""Kernel of the part `pulls`: what was taken from owners with nothing back, and what came back later."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.tables import pair_key
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import touch
from detectors.memory.rows import value as value_of
from detectors.memory.slots import mixed

ERC20, ERC721, ERC1155 = int(Kind.ERC20), int(Kind.ERC721), int(Kind.ERC1155)
ITEMS = (ERC721, ERC1155)
TRANSACTION, CREATION, UNWRAPPED = int(Kind.TRANSACTION), int(Kind.CREATION), int(Kind.WETH_WITHDRAWAL)

TRIES = (0x23B872DD, 0x42842E0E, 0xB88D4FDE, 0x36C78516)
"""transferFrom, both forms of an item's safeTransferFrom, and Permit2's transferFrom."""

PARTY = Layout(ints=("granted", "served", "robbed"))
"""Of who spends for others: bits of owners that granted, that got something for it, that got nothing."""
ASSET = Layout(ints=("users",))
ROBBED = Layout(ints=("asset",))
VICTIM = Layout(ints=("pulls",))
MADE = Layout(ints=("maker", "born"))

OWNER, RECEIVER, SPENDER, SIGNER = 0, 1, 2, 3
"""What part somebody had in a taking, as history says it."""
TAKEN = Layout(
    ints=(
        "role", "number", "transaction", "owner", "receiver", "spender", "signer", "asset", "grant", "basis",
        "how", "exact", "since", "own", "third", "item", "maker", "born", "issuer", "users", "served",
    ),
    words=("amount",),
)  # fmt: skip
(
    _ROLE, _NUMBER, _TRANSACTION, _OWNER, _RECEIVER, _SPENDER, _SIGNER, _ASSET, _GRANT, _BASIS, _HOW, _EXACT,
    _SINCE, _OWN, _THIRD, _ITEM, _MAKER, _BORN, _ISSUER, _USERS, _SERVED, _AMOUNT,
) = (chains.FIRST + at for at in TAKEN.at(*TAKEN.ints, *TAKEN.words))  # fmt: skip
BACK = Layout(ints=("owner", "party", "asset", "number"), words=("amount",))
_B_OWNER, _B_PARTY, _B_ASSET, _B_NUMBER, _B_AMOUNT = (
    chains.FIRST + at for at in BACK.at(*BACK.ints, *BACK.words)
)

NOTHING, SOMETHING, UNKNOWN = 0, 1, 2
DUST_WEI = 1e14
LONGEST = 512
"""Rows of a transaction beyond which a receiver is not looked for among those who speak in it."""


@njit(cache=True)
def bit_of(who):  # type: ignore[no-untyped-def]
    """One of 63 bits for somebody: how many are set tells how many there were, roughly, up to a hundred."""
    return np.int64(1) << np.int64(mixed(np.uint64(who)) % np.uint64(63))


@njit(cache=True)
def bits_set(value):  # type: ignore[no-untyped-def]
    count = 0
    while value != 0:
        value &= value - 1
        count += 1
    return count


@njit(cache=True)
def as_float(word):  # type: ignore[no-untyped-def]
    out = 0.0
    for i in range(4):
        out = out * 18446744073709551616.0 + float(word[i])
    return out


@njit(cache=True)
def _what_came_back(  # type: ignore[no-untyped-def]
    owner, receiver, taken, own, traced, top, end, begin, stop, kind, source, target, asset, amount,
    n_account, n_asset, received, paid, users, old_users, time, in_use, item_in_use,
):  # fmt: skip
    """What an owner got in the transaction for what was taken. What anybody can make and give counts only
    where he signed himself, or it is a share that the receiver itself makes.
    """
    for line in range(begin, stop):
        if n_account[line] != owner:
            continue
        got, which = as_float(received[line]), n_asset[line]
        if got == 0:
            continue
        if which == taken:
            if 2 * got >= as_float(paid[line]):
                return SOMETHING
        elif which == 0:
            if got >= DUST_WEI:
                return SOMETHING
        elif own or which == receiver or bits_set(value_of(users, old_users, which, time, 0)) >= in_use:
            return SOMETHING
    if end - top <= LONGEST:
        for i in range(top, end):
            if kind[i] in ITEMS and target[i] == owner:
                if own or bits_set(value_of(users, old_users, asset[i], time, 0)) >= item_in_use:
                    return SOMETHING
            elif kind[i] == UNWRAPPED and not traced:
                return UNKNOWN
    if not traced:
        for j in range(4):
            if amount[top, j] != 0:
                return UNKNOWN
    return NOTHING


@njit(cache=True)
def _gainer(asset, owner, receiver, begin, stop, n_account, n_asset, received, paid):  # type: ignore[no-untyped-def]
    """Who has most more of an asset, where the receiver passed on what it got."""
    best, gained = receiver, 0.0
    for line in range(begin, stop):
        if n_asset[line] != asset or n_account[line] == owner:
            continue
        got, gave = as_float(received[line]), as_float(paid[line])
        if n_account[line] == receiver and gave < 0.9 * got:
            return receiver
        if n_account[line] != 0 and got - gave > gained:
            best, gained = n_account[line], got - gave
    return best


@njit(cache=True)
def takings(  # type: ignore[no-untyped-def]
    first, first_row, end_row, number, traced, tx_target, done, selector,
    kind, block, time, signer, source, target, third_party, emitter, asset, money, amount,
    g_row, g_transaction, g_owner, g_spender, g_on,
    t_row, t_owner, t_receiver, t_spender, t_exact, t_grant, t_basis, t_how, t_since, t_own,
    n_transaction, n_account, n_asset, received, paid,
    parties, old_parties, parties_journal, users, old_users, users_journal,
    robbed, old_robbed, robbed_journal, victims, old_victims, victims_journal,
    made, old_made, made_journal,
    cells, control, heads, old_heads, heads_journal,
    b_cells, b_control, b_heads, b_old_heads, b_heads_journal,
    in_use, item_in_use,
    p_row, p_transaction, p_owner, p_receiver, p_spender, p_signer, p_asset, p_own, p_third, p_item, p_served,
    p_robbed, p_users, p_maker, p_born, p_issuer, p_amount,
    r_row, r_owner, r_party, r_asset,
    l_row, l_owner, l_receiver, l_asset,
    f_row, f_transaction, f_spender,
    w_row, w_transaction, w_owner, w_spender,
):  # fmt: skip
    """Writes a line for each taking with nothing back, each return to one who was robbed, each later payment
    by such a one, and each try of a spender that failed; how many of each.
    """
    pulls = returns = laters = fails = warned = 0
    words = cells.view(np.uint64)
    b_words = b_cells.view(np.uint64)
    g = k = net = 0
    for t in range(number.size):
        top, end = first_row[t], end_row[t]
        by, to, now, here = signer[top], tx_target[t], time[top], block[top]
        begin = net
        while net < n_transaction.size and n_transaction[net] == number[t]:
            net += 1
        if not done[t] and selector[t] in TRIES and value_of(parties, old_parties, by, now, 0) != 0:
            f_row[fails], f_transaction[fails], f_spender[fails] = first + top, number[t], by
            fails += 1
        for i in range(top, end):
            row = first + i
            while g < g_row.size and g_row[g] < row:
                g += 1
            while k < t_row.size and t_row[k] < row:
                k += 1
            which = kind[i]
            if which == CREATION or (which == TRANSACTION and third_party[i] != 0 and done[t]):
                new = target[i] if which == CREATION else third_party[i]
                place = touch(made, old_made, made_journal, new, here, now)
                made[place], made[place + 1] = by, now
            if g < g_row.size and g_row[g] == row and g_on[g]:
                place = touch(parties, old_parties, parties_journal, g_spender[g], here, now)
                parties[place] |= bit_of(g_owner[g])
                if 3 * bits_set(parties[place + 2]) > bits_set(parties[place + 1]):
                    w_row[warned], w_transaction[warned] = row, number[t]
                    w_owner[warned], w_spender[warned] = g_owner[g], g_spender[g]
                    warned += 1
            if which != ERC20 and which not in ITEMS:
                continue
            if source[i] == 0 or target[i] == 0 or source[i] == target[i]:
                continue
            if source[i] == by and to == asset[i]:
                place = touch(users, old_users, users_journal, asset[i], here, now)
                users[place] |= bit_of(by)
                if which == ERC20 and value_of(victims, old_victims, by, now, 0) != 0:
                    l_row[laters], l_owner[laters] = row, by
                    l_receiver[laters], l_asset[laters] = target[i], asset[i]
                    laters += 1
            giver = source[i]
            if value_of(robbed, old_robbed, pair_key(target[i], giver), now, 0) == 0:
                giver = by
            if giver != target[i] and value_of(robbed, old_robbed, pair_key(target[i], giver), now, 0) != 0:
                r_row[returns], r_owner[returns] = row, target[i]
                r_party[returns], r_asset[returns] = giver, asset[i]
                returns += 1
                n = chains.add(b_cells, b_control, b_heads, b_old_heads, b_heads_journal, giver, here, now)
                b_cells[n, _B_OWNER], b_cells[n, _B_PARTY] = target[i], giver
                b_cells[n, _B_ASSET], b_cells[n, _B_NUMBER] = asset[i], row
                for j in range(4):
                    b_words[n, _B_AMOUNT + j] = amount[i, j]
            if not (k < t_row.size and t_row[k] == row):
                continue
            owner, own, spender = t_owner[k], t_own[k], t_spender[k]
            item = which in ITEMS
            caught = spender if spender >= 0 else to
            receiver = t_receiver[k]
            if not item and (receiver in (caught, to)):
                receiver = _gainer(money[i], owner, receiver, begin, net, n_account, n_asset, received, paid)
            back = _what_came_back(
                owner, receiver, money[i], own, traced[t], top, end, begin, net, kind, source, target, asset,
                amount, n_account, n_asset, received, paid, users, old_users, now, in_use, item_in_use,
            )  # fmt: skip
            place = touch(parties, old_parties, parties_journal, caught, here, now)
            if back == SOMETHING or (own and back == UNKNOWN):
                parties[place + 1] |= bit_of(owner)
            if back != NOTHING:
                continue
            third = receiver != caught and receiver != to and receiver != owner
            if third and end - top <= LONGEST:
                for j in range(top + 1, end):
                    if emitter[j] == receiver:
                        third = False
            elif end - top > LONGEST and not own:
                third = third and receiver != asset[i]
            if not own and third:
                parties[place + 2] |= bit_of(owner)
                at = touch(victims, old_victims, victims_journal, owner, here, now)
                victims[at] += 1
            p_row[pulls], p_transaction[pulls], p_owner[pulls] = row, number[t], owner
            p_receiver[pulls], p_spender[pulls], p_signer[pulls] = receiver, caught, by
            p_asset[pulls], p_own[pulls], p_third[pulls] = asset[i], own, third
            p_item[pulls], p_served[pulls] = item, bits_set(parties[place + 1])
            p_robbed[pulls] = bits_set(parties[place + 2])
            p_users[pulls] = bits_set(value_of(users, old_users, asset[i], now, 0))
            p_maker[pulls] = value_of(made, old_made, caught, now, 0)
            p_born[pulls] = value_of(made, old_made, caught, now, 1)
            p_issuer[pulls] = value_of(made, old_made, asset[i], now, 0)
            p_amount[pulls] = as_float(amount[i])
            for role in range(4):
                who = owner
                if role == RECEIVER:
                    who = receiver
                elif role == SPENDER:
                    who = caught
                elif role == SIGNER:
                    who = by
                if role == RECEIVER and (who == owner or own):
                    continue
                if role == SPENDER and (who == owner or (who == receiver and not own)):
                    continue
                if role == SIGNER and (who in (owner, caught, receiver)):
                    continue
                n = chains.add(cells, control, heads, old_heads, heads_journal, who, here, now)
                cells[n, _ROLE], cells[n, _NUMBER], cells[n, _TRANSACTION] = role, row, number[t]
                cells[n, _OWNER], cells[n, _RECEIVER], cells[n, _SPENDER] = owner, receiver, caught
                cells[n, _SIGNER], cells[n, _ASSET], cells[n, _GRANT] = by, asset[i], t_grant[k]
                cells[n, _BASIS], cells[n, _HOW], cells[n, _EXACT] = t_basis[k], t_how[k], t_exact[k]
                cells[n, _SINCE], cells[n, _OWN], cells[n, _THIRD] = t_since[k], own, third
                cells[n, _ITEM], cells[n, _MAKER], cells[n, _BORN] = item, p_maker[pulls], p_born[pulls]
                cells[n, _ISSUER], cells[n, _USERS] = p_issuer[pulls], p_users[pulls]
                cells[n, _SERVED] = p_served[pulls]
                for j in range(4):
                    words[n, _AMOUNT + j] = amount[i, j]
                if role != OWNER and not own and third:
                    at = touch(robbed, old_robbed, robbed_journal, pair_key(owner, who), here, now)
                    robbed[at] = 1
            pulls += 1
    return pulls, returns, laters, fails, warned
