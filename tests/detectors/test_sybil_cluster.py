"""Sybil clusters: whose wallets they are, who is robbed by them, and what an owner of wallets may do."""

from __future__ import annotations

from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.layering import Layering
from detectors.library.sybil_cluster import SybilCluster
from tests.detectors.parts.test_clusters import claims, drawn, paid_by, visit_and_claim
from tests.fixtures.frames import ChainBuilder, address, keccak

ALICE, PROJECT, TOKEN, VAULT = (address(name) for name in ("alice", "project", "token", "vault"))
WALLETS = [address(f"wallet {n}") for n in range(8)]
VISIT = keccak(b"visit()")[:4]
ETHER = 10**18
DAY = 86_400


def alerts(chain: ChainBuilder) -> list[Alert]:
    detectors: list[Any] = [SybilCluster(), Layering()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def farm(rest: int = 12) -> ChainBuilder:
    chain = paid_by(ALICE, WALLETS)
    for wallet in WALLETS:
        chain.calls(wallet, PROJECT, VISIT)
    chain.block(rest)
    for wallet in WALLETS:
        claims(chain, wallet)
    return chain.block()


def test_the_funder_and_the_wallets_are_attackers_and_the_project_is_robbed() -> None:
    (alert,) = alerts(farm())
    roles = {role.address: role.role for role in alert.roles}
    assert roles.pop("0x" + PROJECT.hex()) == "victim"
    assert roles == {"0x" + who.hex(): "attacker" for who in (ALICE, *WALLETS)}
    assert alert.subject_id == "0x" + ALICE.hex()
    assert alert.measured["wallets"] == 8


def test_the_head_of_a_chain_that_only_pays_on_does_not_hide_a_farm_that_leaves_some_out() -> None:
    """Of seven in a chain six visit and four of these claim; five visitors are too few to be all but one."""
    for visitors, found in ((6, 1), (5, 0)):
        chain, payer = ChainBuilder().block(), ALICE
        chain.native(address("an exchange"), ALICE, ETHER).block()
        for wallet in WALLETS[:6]:
            chain.native(payer, wallet, ETHER // 2).block()
            payer = wallet
        for wallet in WALLETS[6 - visitors : 6]:
            chain.calls(wallet, PROJECT, VISIT)
        chain.block()
        for wallet in WALLETS[2:6]:
            claims(chain, wallet)
        standing = [alert.detector for alert in alerts(chain.block())]
        assert standing.count("sybil-cluster") == found


def test_of_wallets_that_drew_from_an_exchange_the_first_to_act_is_named_and_the_exchange_is_not() -> None:
    chain = drawn(*[ETHER] * 6)
    visit_and_claim(chain, WALLETS[:6])
    (alert,) = alerts(chain)
    roles = {role.address: role.role for role in alert.roles}
    assert alert.subject_id == "0x" + WALLETS[0].hex()
    assert roles.pop("0x" + ALICE.hex()) == "infrastructure"
    assert roles.pop("0x" + PROJECT.hex()) == "victim"
    assert roles == {"0x" + who.hex(): "attacker" for who in WALLETS[:6]}
    assert alert.severity == "medium"


def test_customers_who_do_it_on_days_of_their_own_are_not_in_step_though_others_fill_the_time() -> None:
    chain = drawn(*[ETHER] * 6)
    later = [address(f"later {n}") for n in range(40)]
    for n, wallet in enumerate(later):
        chain.block(1_800).native(ALICE, wallet, ETHER * 3 ** (n % 5))
        visit_and_claim(chain, [wallet])
        if n % 7 == 0:
            visit_and_claim(chain, [WALLETS[n // 7]])
    assert alerts(chain) == []


def test_a_month_between_use_and_claim_is_still_one_alert() -> None:
    assert len(alerts(farm(rest=30 * DAY))) == 1


def test_what_they_claimed_and_hand_in_is_not_layering_of_the_projects_money() -> None:
    chain = farm()
    for wallet in WALLETS:
        chain.erc20(TOKEN, wallet, VAULT, 100)
    assert [alert.category for alert in alerts(chain)] == ["sybil-cluster"]


def test_an_owner_who_pays_the_vault_openly_too_hides_nothing() -> None:
    chain = paid_by(ALICE, WALLETS).native(ALICE, VAULT, ETHER // 2).block()
    for wallet in WALLETS:
        chain.native(wallet, VAULT, ETHER * 9 // 10)
    assert alerts(chain) == []


def test_dust_from_the_source_does_not_make_a_scattering_open() -> None:
    chain = paid_by(ALICE, WALLETS).native(ALICE, VAULT, ETHER // 10).block()
    for wallet in WALLETS:
        chain.native(wallet, VAULT, ETHER * 9 // 10)
    assert [alert.category for alert in alerts(chain)] == ["layering"]


def test_wallets_that_give_back_what_they_were_lent_gather_nothing() -> None:
    chain = paid_by(ALICE, WALLETS)
    for wallet in WALLETS:
        chain.native(wallet, ALICE, ETHER * 9 // 10)
    assert alerts(chain) == []
