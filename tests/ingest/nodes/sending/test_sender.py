"""What one key sends to a real anvil arrives once: through kills, low fees, reorganisations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.model.errors import BadInput
from ingest.nodes.sending.journal import Journal
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.sender import GWEI, Fees, Outcome, Sender, Wanted
from ingest.nodes.sending.speaking import Refused, Speaker
from tests.fixtures.second_chain import SecondChain

pytestmark = pytest.mark.chain

CAROL = "0x" + "ca" * 20
DEPTH = 4


class Somebody:
    """Who sends from a purse; `again` is the same after a kill."""

    def __init__(self, chain: SecondChain, purse: Path, journal: Path, fees: Fees | None = None) -> None:
        self._chain, self._purse, self._path, self._fees = chain, purse, journal, fees
        self.key = SigningKey.read(purse)
        self.journal = Journal(journal, 31_338, self.key.address)
        self.sender = Sender(Speaker(chain.url), self.key, self.journal, DEPTH, fees)

    def again(self) -> Somebody:
        self.journal.close()
        return Somebody(self._chain, self._purse, self._path, self._fees)

    def pays(self, wei: int, purpose: str = "a gift") -> None:
        self.sender.send(Wanted(purpose, CAROL, "0x", wei))

    def sees(self) -> Outcome:
        (outcome,) = self.sender.look()
        return outcome

    def carol_has(self) -> int:
        return int(self._chain.wallet.ask("eth_getBalance", CAROL, "latest"), 16)


@pytest.fixture
def alice(second: SecondChain, purse: Path, tmp_path: Path) -> Iterator[Somebody]:
    somebody = Somebody(second, purse, tmp_path / "journal.json")
    yield somebody
    somebody.journal.close()


def test_a_payment_arrives_once_however_often_it_is_asked_for(alice: Somebody, second: SecondChain) -> None:
    alice.pays(7)
    alice.pays(7)
    assert alice.sees().stage == "waiting"
    second.mine()
    alice.pays(7)
    assert alice.sees().stage == "mined"
    second.mine(DEPTH)
    assert alice.sees().stage == "settled"
    assert alice.sender.look() == []
    assert alice.carol_has() == 7


def test_what_was_signed_before_a_kill_is_sent_after_it_and_not_signed_anew(
    alice: Somebody, second: SecondChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sender, "_broadcast", lambda self, entry: None)  # killed between disk and network
    alice.pays(7)
    monkeypatch.undo()
    after = alice.again()
    after.pays(7)
    sent = after.sees()
    second.mine(DEPTH + 1)
    assert (after.sees().hash, after.carol_has()) == (sent.hash, 7)
    after.journal.close()


def test_a_reorganisation_that_drops_a_payment_makes_the_same_one_be_sent_again(
    alice: Somebody, second: SecondChain
) -> None:
    second.mine(5)
    alice.pays(7)
    second.mine()
    first = alice.sees()
    second.reorganise(2)
    assert alice.carol_has() == 0
    assert alice.sees().stage == "waiting"
    second.mine()
    assert (alice.sees().hash, alice.carol_has()) == (first.hash, 7)


def test_a_reorganisation_deeper_than_what_was_taken_for_settled_is_mended_as_well(
    alice: Somebody, second: SecondChain
) -> None:
    second.mine(5)
    alice.pays(7)
    second.mine(DEPTH + 1)
    assert alice.sees().stage == "settled"
    second.reorganise(DEPTH + 3)
    assert alice.carol_has() == 0
    assert alice.sees().stage == "waiting"
    second.mine()
    assert alice.carol_has() == 7


def test_what_is_asked_for_again_before_that_reorganisation_is_noticed_keeps_its_nonce(
    alice: Somebody, second: SecondChain
) -> None:
    second.mine(5)
    alice.pays(7)
    second.mine(DEPTH)
    assert alice.sees().stage == "settled"
    alice.pays(11, "another gift")
    second.mine()
    second.reorganise(DEPTH + 3)
    alice.pays(7)
    assert [entry.nonce for entry in alice.journal.entries()] == [0, 1]
    for _ in range(3):
        alice.sender.look()
        second.mine(DEPTH)
    assert alice.sender.look() == []
    assert alice.carol_has() == 7 + 11


def test_the_same_purpose_at_another_address_is_another_payment(alice: Somebody, second: SecondChain) -> None:
    alice.pays(7)
    second.mine(DEPTH)
    assert alice.sees().stage == "settled"
    alice.sender.send(Wanted("a gift", alice.sender.address, "0x", 1))
    assert alice.sees().stage == "waiting"


def test_what_failed_for_good_may_be_asked_for_again(alice: Somebody, second: SecondChain) -> None:
    broken, mended = Wanted("a contract", None, "0xfe", gas=100_000), Wanted("a contract", None, "0x00")
    alice.sender.send(broken)
    second.mine(DEPTH)
    assert alice.sees().stage == "failed"
    alice.sender.send(mended)
    second.mine()
    assert alice.sees().created is not None


def test_a_payment_whose_fee_is_too_low_is_outbid_under_its_own_nonce(
    alice: Somebody, second: SecondChain
) -> None:
    alice.pays(7)
    second.wallet.ask("anvil_setNextBlockBaseFeePerGas", hex(300 * GWEI))
    second.mine()
    assert alice.carol_has() == 0
    outcome = alice.sees()
    for _ in range(20):
        if outcome.stage != "waiting":
            break
        second.wallet.ask("anvil_setNextBlockBaseFeePerGas", hex(20 * GWEI))
        second.mine()
        outcome = alice.sees()
    assert (outcome.stage, outcome.bids > 1) == ("mined", True)
    second.mine(DEPTH)
    assert alice.carol_has() == 7
    assert int(second.wallet.ask("eth_getTransactionCount", alice.key.address, "latest"), 16) == 1


def test_no_more_is_bid_than_was_allowed(second: SecondChain, purse: Path, tmp_path: Path) -> None:
    most = 3 * GWEI
    thrifty = Somebody(second, purse, tmp_path / "thrifty.json", Fees(most=most, patience=1))
    thrifty.pays(7)
    for _ in range(8):
        second.wallet.ask("anvil_setNextBlockBaseFeePerGas", hex(10 * GWEI))
        second.mine()
        assert thrifty.sees().stage == "waiting"
    (entry,) = thrifty.journal.open()
    assert max(each.max_fee for each in entry.tries) <= most
    assert thrifty.carol_has() == 0
    thrifty.journal.close()


def test_a_nonce_that_somebody_else_used_with_the_same_key_is_told(
    alice: Somebody, second: SecondChain, purse: Path, tmp_path: Path
) -> None:
    alice.pays(7)
    second.forget_what_waits()
    twin = Somebody(second, purse, tmp_path / "twin.json")
    twin.pays(9, "another gift")
    second.mine()
    assert alice.sees().stage == "waiting"
    second.mine(DEPTH)
    assert alice.sees().stage == "displaced"
    assert alice.carol_has() == 9
    alice.pays(7)
    second.mine()
    assert alice.carol_has() == 16
    twin.journal.close()


def test_what_a_contract_would_refuse_is_not_sent(alice: Somebody, second: SecondChain) -> None:
    second.wallet.ask("anvil_setCode", CAROL, "0x60006000fd")  # reverts whatever it is told
    with pytest.raises(Refused):
        alice.pays(7)
    assert alice.journal.entries() == []


def test_what_failed_on_the_chain_is_never_told_as_done(alice: Somebody, second: SecondChain) -> None:
    alice.sender.send(Wanted("a contract", None, "0xfe", gas=100_000))  # an invalid instruction
    second.mine(DEPTH + 1)
    assert (alice.sees().stage, alice.sender.look()) == ("failed", [])
    standing = alice.sender.standing("a contract")
    assert standing is not None and (standing.stage, standing.created) == ("failed", None)


def test_who_has_no_money_is_told_so_before_anything_is_signed(alice: Somebody, second: SecondChain) -> None:
    second.fund(alice.key.address, 0)
    with pytest.raises(BadInput, match=r"has 0 wei on chain 31338.*send it some"):
        alice.sender.send(Wanted("a gift", CAROL, "0x", 0, gas=21_000))
    assert alice.journal.entries() == []


def test_two_processes_do_not_send_with_one_journal(alice: Somebody, second: SecondChain, purse: Path,
                                                    tmp_path: Path) -> None:  # fmt: skip
    with pytest.raises(BadInput, match="another process sends with the journal"):
        Somebody(second, purse, tmp_path / "journal.json")


def test_several_payments_come_in_their_order_while_the_chain_turns(
    alice: Somebody, second: SecondChain
) -> None:
    second.mine(8)
    for number in range(5):
        alice.pays(10**number, f"gift {number}")
        if number % 2:
            second.mine()
            second.reorganise(2)
        alice.sender.look()
    for _ in range(DEPTH + 2):
        second.mine()
        alice.sender.look()
    assert alice.carol_has() == 11_111
    assert alice.journal.open() == []
