"""Receipts that are not as Ethereum's: longer, of no transaction, spelled otherwise; and what is a lie."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from ingest.blocks.answers import Answer, ReceiptAnswer, TransactionAnswer
from ingest.blocks.proof import Proof, prove
from ingest.blocks.verify import Rules, Verify, verified_batch
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved, ProofFailed
from tests.fixtures.frames import address, keccak, word
from tests.fixtures.made_blocks import Json, Made, MadeBlock, bloom_of, encoded, paid, transfer, unhex

ETHEREUM, OPTIMISM, POLYGON, CELO = 1, 10, 137, 42_220
NOBODY = "0x" + "00" * 20
change = msgspec.structs.replace


def read(
    chain_id: int, answer: Answer, verify: Verify = "strict", rejected: list[str] | None = None
) -> Batch:
    def reject(_number: int, reason: str, _source: str) -> None:
        (rejected if rejected is not None else []).append(reason)

    return verified_batch(chain_id, [answer], None, Rules(verify), reject)


def proof_of(made: MadeBlock, chain_id: int = ETHEREUM) -> Proof:
    return prove(made.answer(), "http://node", chain_id)


def test_a_deposit_since_canyon_is_hashed_with_its_nonce_and_version() -> None:
    """op-geth, core/types/receipt.go: both stand behind the logs where the version is there."""
    canyon = paid(
        0, 0x7E, added=[b"\x3d\x3b\xff", b"\x01"], depositNonce="0x3d3bff", depositReceiptVersion="0x1"
    )

    assert proof_of(MadeBlock(receipts=[canyon, paid(1)]), OPTIMISM) == "header"


def test_a_deposit_between_regolith_and_canyon_has_a_nonce_that_is_not_hashed() -> None:
    regolith = paid(0, 0x7E, depositNonce="0x3d3bff")

    assert proof_of(MadeBlock(receipts=[regolith, paid(1)]), OPTIMISM) == "header"


def test_a_fee_in_another_currency_on_celo_is_hashed_with_its_base_fee_where_one_is_given() -> None:
    since_cel2 = paid(0, 0x7B, added=[b"\x05\xd2"], baseFee="0x5d2")

    assert proof_of(MadeBlock(receipts=[since_cel2, paid(1, 0x7B)]), CELO) == "header"


CANYON = paid(0, 0x7E, added=[b"\x05", b"\x01"], depositNonce="0x5", depositReceiptVersion="0x1")
CEL2 = paid(0, 0x7B, added=[b"\x07"], baseFee="0x7")


@pytest.mark.parametrize(
    ("made", "field"), [(CANYON, "depositReceiptVersion"), (CANYON, "depositNonce"), (CEL2, "baseFee")]
)
def test_what_a_receipt_is_hashed_with_can_neither_be_changed_nor_left_out(made: Made, field: str) -> None:
    for told in (
        {**made.told, field: "0x9"},
        {name: text for name, text in made.told.items() if name != field},
    ):
        with pytest.raises(ProofFailed, match="its receipts hash to 0x"):
            proof_of(MadeBlock(receipts=[replace(made, told=told)]), OPTIMISM)


@pytest.mark.parametrize("field", ["depositReceiptVersion", "depositNonce", "baseFee"])
def test_such_a_field_on_an_ordinary_receipt_changes_nothing_that_is_read(field: str) -> None:
    plain, more = MadeBlock(receipts=[paid(0)]), MadeBlock(receipts=[with_more(paid(0), field)])

    assert read(OPTIMISM, more.answer()).transactions.equals(read(OPTIMISM, plain.answer()).transactions)


@pytest.mark.parametrize("kind", [0x64, 0x65, 0x66, 0x68, 0x69, 0x6A, 0x71, 0x78, 0x7B, 0x7C, 0x7E, 0x7F])
def test_receipts_of_other_chains_types_stand_behind_the_byte_of_their_type(kind: int) -> None:
    """Arbitrum 0x64 to 0x6a, zkSync 0x71, Celo 0x7b and 0x7c, OP stack 0x7e, Polygon 0x7f."""
    assert proof_of(MadeBlock(receipts=[paid(0), paid(1, kind)])) == "header"


def with_more(made: Made, field: str) -> Made:
    return replace(made, told={**made.told, field: "0x1"})


# a state root beside, or in place of, a status


def test_where_a_root_is_given_beside_a_status_the_root_is_what_was_hashed() -> None:
    root = b"\xcb" * 32
    made = MadeBlock(receipts=[paid(0, 0, outcome=root, root="0x" + root.hex())])

    assert proof_of(made) == "header"
    # its status is in no hash, and could hide a payment: it is not believed
    assert read(ETHEREUM, made.answer()).transactions["status"].to_list() == [None]


@pytest.mark.parametrize("empty", ["", "0x", "0x0", "0x" + "00" * 32, None])
def test_a_root_that_is_empty_leaves_the_status_in_force(empty: str | None) -> None:
    made = MadeBlock(receipts=[paid(0, root=empty)])

    assert proof_of(made) == "header"
    assert read(ETHEREUM, made.answer()).transactions["status"].to_list() == [1]


def test_a_receipt_with_neither_is_named_as_the_cause() -> None:
    made = paid(0, 0, outcome=b"\xcb" * 32)
    bare = replace(made, told={name: text for name, text in made.told.items() if name != "status"})

    with pytest.raises(ProofFailed, match="has neither a status nor, as before Byzantium, a state root"):
        proof_of(MadeBlock(receipts=[bare]))


# what no proof needs


@pytest.mark.parametrize(
    "field", ["blockHash", "transactionHash", "transactionIndex", "logsBloom", "type", "contractAddress",
              "effectiveGasPrice"]
)  # fmt: skip
def test_a_receipt_may_lack_what_its_root_is_not_over(field: str) -> None:
    answer = MadeBlock(receipts=[paid(0, logs=2), paid(1)]).answer()
    lacking = [change(one, **{_snake(field): None}) for one in answer.receipts]

    whole, other = read(ETHEREUM, answer), read(ETHEREUM, replace(answer, receipts=lacking))
    assert other.blocks["proof"].to_list() == ["header"]
    assert other.logs.equals(whole.logs)
    assert other.transactions.equals(whole.transactions)


@pytest.mark.parametrize("field", ["nonce", "gas", "to", "input"])
def test_a_transaction_may_lack_what_nobody_needs(field: str) -> None:
    """A deposit of an OP-stack chain has no nonce."""
    made = paid(0)
    sent = {name: text for name, text in (made.sent or {}).items() if name != field}
    read_it = read(OPTIMISM, MadeBlock(receipts=[replace(made, sent=sent)]).answer())

    column = {"gas": "gas_limit", "to": "to_address"}.get(field, field)
    assert read_it.blocks["proof"].to_list() == ["header"]
    assert read_it.transactions[column].to_list() == [None]


def test_a_type_that_a_transaction_lacks_is_that_which_its_receipt_is_hashed_with() -> None:
    made = paid(0)
    sent = {name: text for name, text in (made.sent or {}).items() if name != "type"}
    read_it = read(OPTIMISM, MadeBlock(receipts=[replace(made, sent=sent)]).answer())

    assert read_it.blocks["proof"].to_list() == ["header"]
    assert read_it.transactions["transaction_type"].to_list() == [2]


def test_nodes_that_say_data_for_input_and_gas_limit_for_gas_are_understood() -> None:
    made = paid(0)
    sent = {name: text for name, text in (made.sent or {}).items() if name not in ("input", "gas")}
    other = replace(made, sent={**sent, "data": "0x1234", "gasLimit": "0x7530"})

    row = read(ETHEREUM, MadeBlock(receipts=[other]).answer()).transactions
    assert row.select("input", "gas_limit").rows() == [(b"\x12\x34", 30_000)]


@pytest.mark.parametrize("field", ["value", "from", "hash"])
def test_a_transaction_without_its_money_its_sender_or_its_name_is_refused(field: str) -> None:
    made = paid(0)
    sent = {name: text for name, text in (made.sent or {}).items() if name != field}

    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{field}`"):
        MadeBlock(receipts=[replace(made, sent=sent)]).answer()


@pytest.mark.parametrize("empty", ["", "0x", "0x0", None])
def test_nothing_is_nothing_however_it_is_written(empty: str | None) -> None:
    made = paid(0, contractAddress=empty, logsBloom=empty)
    sent = {**(made.sent or {}), "to": empty}
    row = read(ETHEREUM, MadeBlock(receipts=[replace(made, sent=sent)]).answer()).transactions

    assert row.select("to_address", "contract_address").rows() == [(None, None)]


def test_no_contract_lies_at_zero_but_money_can_be_sent_there() -> None:
    made = paid(0, contractAddress=NOBODY)
    burnt = replace(made, sent={**(made.sent or {}), "to": NOBODY, "value": "0x5"})
    batch = read(ETHEREUM, MadeBlock(receipts=[burnt]).answer())

    assert batch.transactions.select("to_address", "contract_address").rows() == [(bytes(20), None)]
    assert batch.transfers.filter(batch.transfers["standard"] == "native")["to_address"].to_list() == [
        bytes(20)
    ]


def test_hashes_and_addresses_with_capitals_are_the_same() -> None:
    answer = MadeBlock(receipts=[paid(0)]).answer()
    receipt = answer.receipts[0]
    upper = "0x" + (receipt.transaction_hash or "")[2:].upper()
    other = change(receipt, transaction_hash=upper, block_hash="0x" + (receipt.block_hash or "")[2:].upper())

    assert prove(replace(answer, receipts=[other]), "node") == "header"


# numbers beyond their column


@pytest.mark.parametrize(
    ("where", "field", "column"),
    [("receipt", "effectiveGasPrice", "effective_gas_price"), ("sent", "nonce", "nonce"),
     ("sent", "gas", "gas_limit")],
)  # fmt: skip
def test_a_number_on_which_nothing_depends_is_null_where_its_column_cannot_hold_it(
    where: str, field: str, column: str
) -> None:
    made, huge = paid(0), hex(2**64 + 5)
    told = {**made.told, field: huge} if where == "receipt" else made.told
    sent = {**(made.sent or {}), field: huge} if where == "sent" else made.sent
    batch = read(ETHEREUM, MadeBlock(receipts=[replace(made, told=told, sent=sent)]).answer())

    assert batch.blocks["proof"].to_list() == ["header"]
    assert batch.transactions[column].to_list() == [None]


def test_a_type_beyond_its_column_is_null_where_nothing_is_proved_and_a_contradiction_where_it_is() -> None:
    """A receipt is hashed behind one byte."""
    made = paid(0)
    answer = MadeBlock(receipts=[replace(made, sent={**(made.sent or {}), "type": hex(2**64 + 5)})]).answer()

    assert read(ETHEREUM, answer, "off").transactions["transaction_type"].to_list() == [None]
    with pytest.raises(ProofFailed, match="its receipt of 0x2"):
        read(ETHEREUM, answer)


def test_a_base_fee_beyond_64_bits_is_proved_and_null() -> None:
    batch = read(ETHEREUM, MadeBlock(header={"baseFeePerGas": hex(2**70)}, receipts=[paid(0)]).answer())

    assert batch.blocks.select("proof", "base_fee_per_gas").rows() == [("header", None)]


# receipts of no transaction


def synced(block: MadeBlock) -> tuple[Json, Json, Json]:
    """A block that Polygon synced state in, as JSON: with the transaction and the receipt that its nodes make
    up. Bridged money of 55 comes to bob.
    """
    header, receipts = block.json()
    made = keccak(b"matic-bor-receipt-", (100).to_bytes(8, "big"), unhex(header["hash"]))
    sent = {
        "hash": "0x" + made.hex(),
        "from": NOBODY,
        "to": NOBODY,
        "value": "0x0",
        "input": "0x",
        "type": "0x0",
    }
    told = {"transactionHash": sent["hash"], "transactionIndex": hex(len(receipts)), "status": "0x1",
            "cumulativeGasUsed": "0x0", "blockHash": header["hash"], "logs": [transfer(55)]}  # fmt: skip
    return header, sent, told


def polygon(*, sent: bool = True, told: bool = True, receipts: int = 1, header: Json | None = None) -> Answer:
    """Such a block with `receipts` ordinary ones, in which a node names the made-up transaction, its receipt,
    or both.
    """
    block = MadeBlock(header=header or {}, receipts=[paid(at) for at in range(receipts)])
    _, row, receipt = synced(block)
    answer = block.answer()
    if sent:
        more = msgspec.convert(row, TransactionAnswer)
        answer = replace(answer, block=change(answer.block, transactions=[*answer.block.transactions, more]))
    if told:
        answer = replace(answer, receipts=[*answer.receipts, msgspec.convert(receipt, ReceiptAnswer)])
    return answer


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("receipts", [0, 1, 3])
def test_polygons_state_sync_is_kept_and_marked_and_the_others_are_proved(sent: bool, receipts: int) -> None:
    batch = read(POLYGON, polygon(sent=sent, receipts=receipts))

    assert batch.blocks.select("proof", "transaction_count", "log_count").rows() == [
        ("header", receipts, receipts + 1)
    ]
    row = batch.transactions.row(-1, named=True)
    assert (row["receipt_of"], row["from_address"], row["gas_used"]) == ("state-sync", bytes(20), 0)
    assert batch.transactions["receipt_of"].null_count() == receipts
    assert batch.logs["transaction_hash"].to_list()[-1] == row["transaction_hash"]
    assert batch.logs["transaction_index"].to_list() == [*range(receipts), receipts]
    assert batch.transfers["amount"].to_list()[-1] == word(55)


def test_a_state_sync_is_believed_of_polygon_only() -> None:
    with pytest.raises(ProofFailed, match="it has 1 transactions and 2 receipts"):
        read(ETHEREUM, polygon(sent=False))
    with pytest.raises(ProofFailed, match="its receipts hash to 0x"):
        read(ETHEREUM, polygon())


SEALED: Json = {"extraData": "0x" + "d7" * 32 + "5a" * 65, "difficulty": "0x5", "mixHash": "0x" + "00" * 32}
"""What says that one authority sealed a block, as Bor and Clique have it."""


@pytest.mark.parametrize("chain_id", [15_001, 4_927, 1337])
@pytest.mark.parametrize("sent", [True, False])
def test_a_state_sync_is_believed_of_a_chain_that_nobody_knows_whose_blocks_are_sealed_as_polygons(
    chain_id: int, sent: bool
) -> None:
    batch = read(chain_id, polygon(sent=sent, header=SEALED))

    assert batch.blocks["proof"].to_list() == ["header"]
    assert batch.transactions["receipt_of"].to_list() == [None, "state-sync"]
    assert batch.transfers["amount"].to_list()[-1] == word(55)


@pytest.mark.parametrize("chain_id", [1, 10, 56, 59_144, 42_220])
def test_a_known_chain_that_has_no_state_sync_has_none_however_its_blocks_are_sealed(chain_id: int) -> None:
    with pytest.raises(ProofFailed, match="it has 1 transactions and 2 receipts"):
        read(chain_id, polygon(sent=False, header=SEALED))


@pytest.mark.parametrize("changes", [{"difficulty": "0x0"}, {"extraData": "0x" + "d7" * 32}])
def test_a_chain_that_nobody_knows_has_no_state_sync_where_no_authority_sealed_its_block(
    changes: Json,
) -> None:
    with pytest.raises(ProofFailed, match="it has 1 transactions and 2 receipts"):
        read(15_001, polygon(sent=False, header=SEALED | changes))


def test_a_seal_that_is_not_under_the_hash_lets_no_state_sync_pass() -> None:
    plain = polygon(sent=False)
    block = change(plain.block, extra_data=SEALED["extraData"], difficulty="0x5", state_root=None)

    with pytest.raises(ProofFailed, match="it has 1 transactions and 2 receipts"):
        read(15_001, replace(plain, block=block))


@pytest.mark.parametrize("sent", [True, False])
def test_a_state_sync_by_another_name_is_refused(sent: bool) -> None:
    answer = polygon(sent=sent)
    other = "0x" + keccak(b"another").hex()
    receipts = [answer.receipts[0], change(answer.receipts[1], transaction_hash=other)]
    transactions = [
        *answer.block.transactions[:1],
        *(change(one, hash=other) for one in answer.block.transactions[1:]),
    ]

    with pytest.raises(ProofFailed):
        read(
            POLYGON, replace(answer, receipts=receipts, block=change(answer.block, transactions=transactions))
        )


@pytest.mark.parametrize("sent", [True, False])
def test_two_state_syncs_are_refused(sent: bool) -> None:
    answer = polygon(sent=sent)
    twice = replace(answer, receipts=[*answer.receipts, answer.receipts[-1]])
    if sent:
        more = [*answer.block.transactions, answer.block.transactions[-1]]
        twice = replace(twice, block=change(answer.block, transactions=more))

    with pytest.raises(ProofFailed):
        read(POLYGON, twice)


def test_a_state_sync_moves_no_money_of_its_own_whatever_the_node_says() -> None:
    answer = polygon()
    rich = change(answer.block.transactions[-1], value=hex(10**20), sender="0x" + address("bob").hex())
    block = change(answer.block, transactions=[*answer.block.transactions[:-1], rich])

    batch = read(POLYGON, replace(answer, block=block))
    assert "native" not in batch.transfers["standard"].to_list()
    assert batch.transactions["from_address"].to_list()[-1] == bytes(20)


def test_a_log_left_out_of_the_receipts_beside_a_state_sync_is_still_refused() -> None:
    answer = polygon(receipts=2)
    receipts = [change(answer.receipts[0], logs=[]), *answer.receipts[1:]]

    with pytest.raises(ProofFailed, match="its receipts hash to 0x"):
        read(POLYGON, replace(answer, receipts=receipts))


def test_a_state_sync_without_its_receipt_is_said_to_lack_its_logs() -> None:
    rejected: list[str] = []
    batch = read(POLYGON, polygon(told=False), rejected=rejected)

    assert rejected == ["block 100 from http://node has a state sync without a receipt: its logs are missing"]
    assert batch.blocks["proof"].to_list() == ["header"]
    assert batch.transactions.select("receipt_of", "status").row(-1) == ("state-sync", None)


def test_a_state_sync_that_is_under_the_root_is_a_transaction_like_others() -> None:
    """As since Polygon's Madhugiri hard fork."""
    answer = polygon()
    last = answer.receipts[-1]
    told = {**paid(0).told, "logs": [transfer(55)], "cumulativeGasUsed": "0x5208"}
    block = MadeBlock(
        receipts=[paid(0), Made(told, encoded(told, 0x7F), {**(paid(1).sent or {}), "type": "0x7f"})]
    )
    assert last.status == "0x1"

    batch = read(POLYGON, _renamed(block))
    assert batch.transactions["receipt_of"].to_list() == [None, None]
    assert batch.blocks["proof"].to_list() == ["header"]


def _renamed(block: MadeBlock) -> Answer:
    """The last transaction and receipt have the name of a state sync."""
    answer = block.answer()
    name = "0x" + keccak(b"matic-bor-receipt-", (100).to_bytes(8, "big"), answer.block.id).hex()
    sent = [*answer.block.transactions[:-1], change(answer.block.transactions[-1], hash=name)]
    last = change(answer.receipts[-1], transaction_hash=name, transaction_index=None, type="0x7f")
    return replace(
        answer, block=change(answer.block, transactions=sent), receipts=[*answer.receipts[:-1], last]
    )


def celo(gas: str = "0x0", logs: int = 1) -> MadeBlock:
    told: Json = {"type": "0x0", "status": "0x1", "cumulativeGasUsed": gas, "logs": [transfer(7)] * logs}
    told = {**told, "transactionIndex": "0x1", "logsBloom": bloom_of([told])}
    return MadeBlock(header={"gasUsed": "0x5208"}, receipts=[paid(0), Made(told, encoded(told))])


def named(made: MadeBlock, name: str | None = None) -> Answer:
    """The last receipt bears the block's hash, as Celo's do, or `name`."""
    answer = made.answer()
    last = change(answer.receipts[-1], transaction_hash=name or answer.block.hash)
    return replace(answer, receipts=[*answer.receipts[:-1], last])


@pytest.mark.parametrize("gas", ["0x0", "0x5208"])
def test_a_receipt_of_the_block_itself_is_under_the_root_and_has_a_row(gas: str) -> None:
    answer = named(celo(gas))
    batch = read(CELO, answer)

    assert batch.blocks.select("proof", "transaction_count", "log_count").rows() == [("header", 1, 2)]
    assert batch.transactions["receipt_of"].to_list() == [None, "block"]
    assert batch.transactions["transaction_hash"].to_list()[1] == answer.block.id
    assert batch.transactions["gas_used"].to_list() == [21_000, 0]
    assert batch.transfers["amount"].to_list() == [word(0), word(7)]


@pytest.mark.parametrize("name", [None, "", "0x", "0x0", "0x" + "00" * 32])
@pytest.mark.parametrize("chain_id", [CELO, 44_787, 1337])
def test_a_receipt_of_the_block_may_have_no_name(chain_id: int, name: str | None) -> None:
    answer = celo().answer()
    last = change(answer.receipts[-1], transaction_hash=name)
    batch = read(chain_id, replace(answer, receipts=[*answer.receipts[:-1], last]))

    assert batch.blocks["proof"].to_list() == ["header"]
    assert batch.transactions["receipt_of"].to_list() == [None, "block"]
    assert batch.transactions["transaction_hash"].to_list()[1] == answer.block.id


@pytest.mark.parametrize("kind", [0x6A, 0x7E])
def test_a_transaction_that_uses_no_gas_cannot_be_hidden_by_leaving_out_its_name(kind: int) -> None:
    """As those that Arbitrum and the OP stack put into their blocks themselves: they are of a type."""
    free = paid(1, kind, cumulativeGasUsed="0x5208")
    answer = MadeBlock(receipts=[paid(0), Made(free.told, encoded(free.told, kind), free.sent)]).answer()
    hidden = replace(answer, block=change(answer.block, transactions=answer.block.transactions[:1]))
    last = change(hidden.receipts[1], transaction_hash=None)

    with pytest.raises(ProofFailed, match="it has 1 transactions and 2 receipts"):
        read(CELO, replace(hidden, receipts=[hidden.receipts[0], last]))


def test_a_receipt_of_the_block_cannot_be_changed_left_out_or_doubled() -> None:
    answer = named(celo())
    altered = change(answer.receipts[1], logs=[])
    for receipts in (
        [answer.receipts[0], altered],
        answer.receipts[:1],
        [*answer.receipts, answer.receipts[1]],
    ):
        with pytest.raises(ProofFailed):
            read(CELO, replace(answer, receipts=receipts))


def test_a_transaction_cannot_be_hidden_by_calling_its_receipt_the_blocks() -> None:
    """It used gas, and how much is under the root."""
    answer = MadeBlock(receipts=[paid(0), paid(1)]).answer()
    hidden = replace(answer, block=change(answer.block, transactions=answer.block.transactions[:1]))
    last = change(hidden.receipts[1], transaction_hash=answer.block.hash)

    with pytest.raises(ProofFailed, match="it has 1 transactions and 2 receipts"):
        read(CELO, replace(hidden, receipts=[hidden.receipts[0], last]))


@pytest.mark.parametrize("verify", ["off", "warn"])
def test_receipts_that_fit_no_transaction_are_one_clear_line_where_nothing_is_proved(verify: Verify) -> None:
    with pytest.raises(NodeMisbehaved, match="http://node gave block 100 with 1 transactions and 2 receipts"):
        read(ETHEREUM, polygon(sent=False), verify)


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
