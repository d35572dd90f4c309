"""Headers that are hashed by another rule than Ethereum's, and what no rule lets pass."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ingest.blocks import rlp
from ingest.blocks.answers import HeaderAnswer
from ingest.blocks.header_rules import SEALED_BY_VOTES, leads_to_its_hash
from ingest.blocks.proof import prove
from ingest.blocks.seals import without_seals
from ingest.blocks.transactions import Whole
from ingest.blocks.verify import Rules, verified_batch
from ingest.model.errors import ProofFailed
from tests.fixtures.frames import address, keccak, word
from tests.fixtures.made_blocks import ETHEREUM, Json, MadeBlock, Rule, fields, paid, unhex

AVALANCHE = {
    "baseFeePerGas": "0x5d21dba00",
    "blockGasCost": "0x0",
    "difficulty": "0x1",
    "extDataGasUsed": "0x0",
    "extDataHash": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "extraData": (
        "0x0000000000262e330000000000090658000000000025eec1000000000000000000000000003345ed00000000"
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    ),
    "gasLimit": "0xe4e1c0",
    "gasUsed": "0x1fd2c9",
    "hash": "0x70c53b82d58e8c70f77c3dc304c194446dc2e739f9e1bf8e11d7d6eba4399e10",
    "logsBloom": (
        "0x112a000010400808008020008000000000800000000000002200200000100040400000000404004000500000"
        "001400000001000200000e8000050800002020000810c000bc0040028080440800000020004004480241000420"
        "000004802004008010001082002a00044200000000090000000400001a06010000001004001000100200048000"
        "0002000000000000240000020111080000090000006040000c0002000080408000004100000400000002002000"
        "200000000100000080000001208210000200000010000000200100200001000004010000102001011300007004"
        "8010800410010000000088000100000000000000011020420000011040001042"
    ),
    "miner": "0x0100000000000000000000000000000000000000",
    "mixHash": "0x0000000000000000000000000000000000000000000000000000000000000000",
    "nonce": "0x0000000000000000",
    "number": "0x28dc6b4",
    "parentHash": "0x7c14dbd6685d6f7d3745f8ef5e09db8b56e001d187ae4ab193954992be6d6b30",
    "receiptsRoot": "0x7d194874ddf90a59a8964267bcf84b726e7c34adbecdf066820b681714c0ccf4",
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "stateRoot": "0xfa51b67bd28e8f1aacca08a4f2c531a6a184196c57503ce9fa5ccc812080ec69",
    "timestamp": "0x65f1919b",
    "transactionsRoot": "0x9dd271555363c817a8a7d3e54ae807dd81d3ac6eb045f2c30ab022be2b5ade92",
}
"""Block 42,845,876 of Avalanche's C-chain, as its nodes give it."""

CELO = {
    "extraData": (
        "0xd983010704846765746889676f312e31372e3133856c696e7578000000000000f8ccc0c080b84177cdc8f22f"
        "f53bd1ed75f2a09b920957d7cbbc01a283c8eb40c7dcf96bbcd41434e06fa9ddafbe61e83dec0a2cb11d543597"
        "1242b4a25e6f129768b183e8886700f8418e325007fdf89adf7e7f7e2cfff8ffb05e98abf6071b03bd3b2d4201"
        "88991b04c874a2cce546e299fef6fccb2b2dc8828e42da4b3dffa483e5b7cf7e79807b8080f8418e3fffffffff"
        "ffffffffffffffffffb06009638e885c0870c288f816403d0dd04055e4feb3b8e157dc0acdf5f0da3b84636a4c"
        "997234969ace1a56084733840080"
    ),
    "gasUsed": "0x1063b1",
    "hash": "0xf09d2d8cb7d4ac4c8b49b18030ce09c0be3a40a33a83bb627d27363513907240",
    "logsBloom": (
        "0x2833101222d26aa2000821a9c0a28529948200409056708002002108083a02408908988388a0c48000312614"
        "2e41a48c0190884321c43010005c8c0242209002379005102fc20c5e6941505a430a7da0085c115008f22f0000"
        "10199042228c03000006300224d00420341400700408010e4107c09a001021601dc292043d930025843c008301"
        "70c00400103002f840421a4500710111981a0434805400d6e8104223b8009121010d0301404a88230c10380200"
        "107a2b00050020d18c44159440a0b024222425d2522142f12610eac0910c09612700153911b0a8a510c01060a1"
        "da1303a546482c40008a0d282a80b30020402411100f2c00404c305555200035"
    ),
    "miner": "0xaa397ca08bbebc31717f8ab2cea35320c51568e6",
    "number": "0x1229100",
    "parentHash": "0x1469ec2ace32ba4f18a7abbc634cf13119a07167b65bc0a2319bb2513625d1c7",
    "receiptsRoot": "0x7c0af0b3d3d9d750eb8dccffe633794583960b7e72bef95e33aaa0aaf09c58ac",
    "stateRoot": "0x481088b07b8e111f532b8edb2d2881e1747f5d61248b28c096c120b010b336f2",
    "timestamp": "0x644eb9f3",
    "transactionsRoot": "0x4a1e09afdc7e40256ac262da49396fe7c5bae0b7d9f46e4bc1fe495ef6d8514b",
}
"""Block 19,042,560 of Celo, from before its Gingerbread hard fork, as its nodes gave it."""


ZERO = ("extDataGasUsed", "blockGasCost")
"""Numbers behind the nonce that are zero in that block, as they mostly are: a node may leave them out."""


def leads(header: Json) -> bool:
    typed = msgspec.convert(header, HeaderAnswer)
    return leads_to_its_hash(typed, bytes(256), 0)


@pytest.mark.parametrize("header", [AVALANCHE, CELO], ids=["avalanche", "celo"])
def test_a_real_header_leads_to_its_hash_and_no_field_of_it_can_be_changed_or_left_out(header: Json) -> None:
    assert leads(header)
    for name, text in header.items():
        if name == "hash":
            continue
        other = text[:-1] + ("0" if text[-1] != "0" else "1")
        assert not leads({**header, name: other}), name
        if name in ("number", "parentHash", "receiptsRoot", "timestamp"):
            continue  # a block without these is none
        known = name in ("gasUsed", "logsBloom", "sha3Uncles", "difficulty", "nonce") or name in ZERO
        known = known or (name == "mixHash" and not int(text, 16))
        lacking = {key: value for key, value in header.items() if key != name}
        assert known or not leads(lacking), name


LONDON = (*ETHEREUM, "baseFeePerGas")
BLOBS = {"blobGasUsed": "0x0", "excessBlobGas": "0x0", "parentBeaconBlockRoot": "0x" + word(0).hex()}
ETNA = {"extDataHash": "0x" + word(9).hex(), "extDataGasUsed": "0x5", "blockGasCost": "0x6", **BLOBS}
GRANITE = {**ETNA, "timestampMilliseconds": hex(0x65000000 * 1000), "minDelayExcess": "0x7"}
SUBNET = {"blockGasCost": "0x6", **BLOBS}
AVALANCHE_ORDER = ("baseFeePerGas", "extDataGasUsed", "blockGasCost", *BLOBS)


@pytest.mark.parametrize(
    ("added", "order"),
    [
        (ETNA, ("extDataHash", *AVALANCHE_ORDER)),
        (GRANITE, ("extDataHash", *AVALANCHE_ORDER, "timestampMilliseconds", "minDelayExcess")),
        (SUBNET, tuple(name for name in AVALANCHE_ORDER if name != "extDataGasUsed")),
    ],
    ids=["etna", "granite", "subnet"],
)  # fmt: skip
def test_avalanches_later_headers_are_proved_and_no_field_can_be_changed(
    added: Json, order: tuple[str, ...]
) -> None:
    """coreth and subnet-evm, their header types: what each upgrade added stands behind the base fee."""
    made = MadeBlock(lambda header: fields(header, *ETHEREUM, *order), dict(added), [paid(0)])

    assert prove(made.answer(), "node") == "header"
    for name in added:
        changed = "0x" + word(77).hex()
        with pytest.raises(ProofFailed, match="its header does not hash to 0x"):
            prove(made.answer(**{name: changed}), "node")


@pytest.mark.parametrize("name", ["extDataGasUsed", "blockGasCost", "parentBeaconBlockRoot"])
def test_an_avalanche_header_that_lacks_a_field_is_proved_where_it_is_zero_and_else_its_receipts(
    name: str,
) -> None:
    order = ("extDataHash", *AVALANCHE_ORDER)
    usual = MadeBlock(
        lambda header: fields(header, *ETHEREUM, *order),
        ETNA | {"extDataGasUsed": "0x0", "blockGasCost": "0x0"},
        [paid(0)],
    )
    busy = MadeBlock(
        lambda header: fields(header, *ETHEREUM, *order),
        ETNA | {"parentBeaconBlockRoot": "0x" + word(5).hex()},
        [paid(0)],
    )

    assert prove(usual.answer(**{name: ...}), "node") == "header"
    if name != "parentBeaconBlockRoot":
        assert prove(busy.answer(**{name: ...}), "node") == "receipts-root"
    with pytest.raises(ProofFailed, match="its header does not hash to 0x"):
        prove(busy.answer(extDataHash=...), "node")


def test_an_avalanche_field_on_another_header_does_not_make_it_pass() -> None:
    made = MadeBlock(receipts=[paid(0)])

    for name in ("extDataHash", "blockGasCost"):
        with pytest.raises(ProofFailed, match="its header does not hash to 0x"):
            prove(made.answer(**{name: "0x" + word(9).hex(), "stateRoot": "0x" + word(8).hex()}), "node")


# fields of other chains, and of forks to come

PRAGUE: Json = {
    "withdrawalsRoot": "0x" + word(4).hex(), "blobGasUsed": "0x20000", "excessBlobGas": "0x1",
    "parentBeaconBlockRoot": "0x" + word(5).hex(), "requestsHash": "0x" + word(6).hex(),
}  # fmt: skip
XDC_FIELDS: Json = {"validators": "0x" + "ab" * 40, "validator": "0x" + "5a" * 65, "penalties": "0x"}
AMSTERDAM: Json = {"blockAccessListHash": "0x" + word(7).hex(), "slotNumber": "0xc0ffee"}
PUBKEY: Json = {"parentProposerPubkey": "0x" + "8c" * 48}

ADDED: dict[str, tuple[Json, tuple[str, ...]]] = {
    # bera-geth, types.Header: behind requestsHash (BRIP-0004)
    "berachain": (PRAGUE | PUBKEY, (*LONDON, *PRAGUE, *PUBKEY)),
    # XDPoSChain, types.Header: behind the nonce; the base fee came later
    "xdc": (XDC_FIELDS, (*ETHEREUM, *XDC_FIELDS)),
    "xdc since its base fee": (XDC_FIELDS, (*ETHEREUM, *XDC_FIELDS, "baseFeePerGas")),
    "amsterdam": (PRAGUE | AMSTERDAM, (*LONDON, *PRAGUE, *AMSTERDAM)),
}


def added(name: str) -> MadeBlock:
    header, order = ADDED[name]
    whole = {**header, **({} if "baseFeePerGas" in order else {"baseFeePerGas": None})}
    kind = 0 if "baseFeePerGas" not in order else 2
    return MadeBlock(lambda told: fields(told, *order), whole, [paid(0, kind)])


@pytest.mark.parametrize("name", ADDED)
def test_fields_of_other_chains_and_of_forks_to_come_are_in_the_hash(name: str) -> None:
    assert prove(added(name).answer(), "node") == "header"
    for field in ADDED[name][0]:
        changed = added(name).answer(**{field: "0x" + "77" * 32})
        with pytest.raises(ProofFailed, match="its header does not hash to 0x"):
            prove(changed, "node")


@pytest.mark.parametrize("spelling", ["0x", "", None, ...])
def test_penalties_are_in_the_hash_of_an_xdc_header_also_where_there_are_none(spelling: Any) -> None:
    assert prove(added("xdc").answer(penalties=spelling), "node") == "header"
    assert prove(added("xdc").answer(penalties=spelling, logsBloom=...), "node") == "header"


@pytest.mark.parametrize("field", ["validators", "penalties", "step", "signature", "parentProposerPubkey"])
@pytest.mark.parametrize("other", [["0x" + "ab" * 20], {"index": 1}, 7, "0x01", True, None])
def test_a_field_that_means_something_else_on_this_chain_is_not_in_its_hash(
    field: str, other: object
) -> None:
    assert prove(MadeBlock(receipts=[paid(0)]).answer(**{field: other}), "node") == "header"


@pytest.mark.parametrize("field", [*PRAGUE, "baseFeePerGas", "blockAccessListHash"])
def test_a_field_that_is_left_out_before_another_leaves_the_receipts_proved(field: str) -> None:
    assert prove(added("amsterdam").answer(**{field: ...}), "node") == "receipts-root"


@pytest.mark.parametrize(("kind", "left"), [(2, "baseFeePerGas"), (3, "excessBlobGas"), (4, "requestsHash")])
def test_the_last_fields_may_be_left_out_where_a_transaction_shows_that_they_are_there(
    kind: int, left: str
) -> None:
    """A blob's transaction is in the block, so its header has blob fields: an archive dropped them."""
    order = (*LONDON, *PRAGUE)
    made = MadeBlock(lambda told: fields(told, *order), PRAGUE, [paid(0, kind)])
    behind = order[order.index(left) :]
    older = MadeBlock(lambda told: fields(told, *order), PRAGUE, [paid(0, 0)])

    assert prove(made.answer(**dict.fromkeys(behind, ...)), "node") == "receipts-root"
    with pytest.raises(ProofFailed, match="its header does not hash to 0x"):
        prove(older.answer(**dict.fromkeys(behind, ...)), "node")


def test_what_upgrades_added_is_known_where_nothing_happened() -> None:
    """As on chains without withdrawals, beacon chain and requests: EIP-4895, EIP-4788, EIP-7685."""
    nothing = {
        "withdrawalsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
        "blobGasUsed": "0x0", "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": "0x" + "00" * 32,
        "requestsHash": "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }  # fmt: skip
    made = MadeBlock(lambda told: fields(told, *LONDON, *nothing), nothing, [paid(0)])

    for left in (["requestsHash"], ["withdrawalsRoot", "blobGasUsed"], list(nothing)):
        assert prove(made.answer(**dict.fromkeys(left, ...)), "node") == "header"


def test_what_a_node_writes_out_that_its_chain_does_not_have_is_not_in_the_hash() -> None:
    written: Json = {"withdrawalsRoot": "0x" + word(0).hex(), "blobGasUsed": "0x0", "requestsHash": "0x"}
    before_london = MadeBlock(lambda told: fields(told, *ETHEREUM), {}, [paid(0, 0)])

    assert prove(MadeBlock(receipts=[paid(0)]).answer(**written), "node") == "header"
    assert prove(before_london.answer(baseFeePerGas="0x0", **written), "node") == "header"


# sealed by votes

VANITY, VALIDATORS = b"\xaa" * 32, [address("v1"), address("v2")]
SEALS: list[rlp.Item] = [b"\x51" * 65, b"\x52" * 65]
VOTE: list[rlp.Item] = [address("v3"), b"\xff"]

# what stands in the header, and what its hash is over instead, as Besu (IbftExtraDataCodec,
# QbftExtraDataCodec) and GoQuorum (istanbul.go) have it
VOTED: dict[str, tuple[bytes, bytes]] = {
    "ibft 2.0": (
        rlp.encode([VANITY, VALIDATORS, b"", b"\0\0\0\1", SEALS]),
        rlp.encode([VANITY, VALIDATORS, b""]),
    ),
    "ibft 2.0 with a vote": (
        rlp.encode([VANITY, VALIDATORS, VOTE, b"\0\0\0\0", SEALS]),
        rlp.encode([VANITY, VALIDATORS, VOTE]),
    ),
    "qbft": (
        rlp.encode([VANITY, VALIDATORS, [], b"\x02", SEALS]),
        rlp.encode([VANITY, VALIDATORS, [], b"", []]),
    ),
    "qbft of a contract": (rlp.encode([VANITY, [], [], b"", SEALS]), rlp.encode([VANITY, [], [], b"", []])),
    "ibft": (
        VANITY + rlp.encode([VALIDATORS, b"\x50" * 65, SEALS]),
        VANITY + rlp.encode([VALIDATORS, b"\x50" * 65, []]),
    ),
}


def voted(name: str, mix_hash: str = SEALED_BY_VOTES) -> MadeBlock:
    extra, hashed = VOTED[name]
    at = LONDON.index("extraData")
    rule: Rule = lambda header: [*fields(header, *LONDON[:at]), hashed, *fields(header, *LONDON[at + 1 :])]  # noqa: E731
    return MadeBlock(rule, {"extraData": "0x" + extra.hex(), "mixHash": mix_hash}, [paid(0)])


@pytest.mark.parametrize("name", VOTED)
def test_a_header_that_is_sealed_by_votes_is_proved_without_them(name: str) -> None:
    assert prove(voted(name).answer(), "node") == "header"


@pytest.mark.parametrize("name", VOTED)
def test_a_header_with_votes_that_was_changed_is_not_called_proved(name: str) -> None:
    changed = voted(name).answer(stateRoot="0x" + word(8).hex())

    assert prove(changed, "node") == "receipts-root"
    with pytest.raises(ProofFailed, match="its header lacks what others had"):
        verified_batch(1, [changed], None, Rules("strict", whole=Whole(headers=True)), lambda *_: None)


def test_extra_data_that_nobody_can_read_leaves_the_receipts_proved() -> None:
    header = {"extraData": "0x" + "ab" * 97, "mixHash": SEALED_BY_VOTES}
    made = MadeBlock(lambda _header: [keccak(b"sealed otherwise")], header, [paid(0)])

    assert prove(made.answer(), "node") == "receipts-root"
    with pytest.raises(ProofFailed, match=r"its header does not hash to 0x.* by a rule of its own"):
        prove(made.answer(mixHash="0x" + word(3).hex()), "node")


def test_a_log_left_out_of_a_block_with_votes_is_refused() -> None:
    made = voted("qbft")
    lacking = {**made.receipts[0].told, "logs": [], "logsBloom": None}
    made.receipts[0] = type(made.receipts[0])(lacking, made.receipts[0].encoded, made.receipts[0].sent)

    with pytest.raises(ProofFailed, match="its receipts hash to 0x"):
        prove(made.answer(), "node")


@pytest.mark.parametrize(
    "extra",
    [b"", b"\xab" * 97, b"\xf8", b"\xc1" * 2000, rlp.encode([b"a"]), VANITY + b"\xb9\xff\xff", b"\x80"],
)
def test_extra_data_of_no_known_shape_is_no_trouble(extra: bytes) -> None:
    assert without_seals(extra) == []


# authorities in turn


def test_a_header_of_authorities_in_turn_ends_with_step_and_signature() -> None:
    """Gnosis before its merge, as its nodes gave it: a step as a number, a signature without 0x."""
    names = ETHEREUM[:13]
    rule: Rule = lambda header: [*fields(header, *names), rlp.number(321), b"\x5a" * 65]  # noqa: E731
    made = MadeBlock(rule, {"step": 321, "signature": "5a" * 65}, [paid(0)])
    without = {"mixHash": ..., "nonce": ..., "baseFeePerGas": ...}

    assert prove(made.answer(**without), "node") == "header"
    assert prove(made.answer(**without, step="321"), "node") == "header"
    erigon = {"step": ..., "signature": ..., "auraStep": "0x141", "auraSeal": "0x" + "5a" * 65}
    assert prove(made.answer(**without, **erigon), "node") == "header"
    assert prove(made.answer(**without, step=322), "node") == "receipts-root"


# what is left out or spelled otherwise


@pytest.mark.parametrize(
    "changes",
    [
        {"sha3Uncles": ...}, {"nonce": ...}, {"extraData": ...}, {"logsBloom": ...}, {"gasUsed": ...},
        {"nonce": "0x0"}, {"extraData": ""}, {"extraData": "0x0"}, {"logsBloom": "0x"}, {"logsBloom": "0x0"},
        {"logsBloom": ""}, {"nonce": "0x", "sha3Uncles": ""},
        {"miner": ..., "author": "0x" + address("miner").hex()},
        {"difficulty": "0x01"}, {"gasUsed": "0x"},
    ],
)  # fmt: skip
def test_what_is_known_without_the_node_is_filled_in_and_proved(changes: Json) -> None:
    assert prove(MadeBlock(receipts=[paid(0)]).answer(**changes), "node") == "header"


def test_a_difficulty_that_is_left_out_is_zero_as_since_the_merge() -> None:
    made = MadeBlock(header={"difficulty": "0x0"}, receipts=[paid(0)])

    assert prove(made.answer(difficulty=...), "node") == "header"


@pytest.mark.parametrize("field", ["mixHash", "stateRoot", "transactionsRoot", "miner", "gasLimit"])
def test_a_header_that_lacks_what_nobody_knows_has_its_receipts_proved_and_a_null(field: str) -> None:
    answer = MadeBlock(receipts=[paid(0)]).answer(**{field: ...})
    batch = verified_batch(1, [answer], None, Rules("strict"), lambda *_: None)

    assert batch.blocks["proof"].to_list() == ["receipts-root"]
    names = {"stateRoot": "state_root", "transactionsRoot": "transactions_root", "gasLimit": "gas_limit"}
    if field != "mixHash":
        assert batch.blocks[names.get(field, field)].to_list() == [None]


def test_a_field_that_a_fork_added_and_a_chain_does_not_have_leaves_its_place_empty() -> None:
    """Without withdrawals, but with blobs: geth's encoder keeps the place."""
    added: dict[str, Any] = {"blobGasUsed": "0x0", "excessBlobGas": "0x0"}
    rule: Rule = lambda header: [*fields(header, *LONDON), b"", *fields(header, *added)]  # noqa: E731

    assert prove(MadeBlock(rule, added, [paid(0)]).answer(), "node") == "header"


@pytest.mark.parametrize(
    "root", ["0x" + "00" * 32, "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"]
)
def test_a_chain_that_has_no_receipts_root_is_named_as_such(root: str) -> None:
    made = MadeBlock(receipts=[paid(0, 0x71)])

    with pytest.raises(
        ProofFailed, match="this chain's headers hold no root over receipts, as zkSync's do not"
    ):
        prove(made.answer(receiptsRoot=root), "node")


@pytest.mark.parametrize(
    ("item", "data"),
    [
        (b"", "80"),
        (b"\x7f", "7f"),
        ([b"cat", [b"dog"]], "c963617484c983646f67"[:0] + rlp.encode([b"cat", [b"dog"]]).hex()),
    ],
)
def test_rlp_is_read_as_it_is_written(item: rlp.Item, data: str) -> None:
    assert rlp.decode(bytes.fromhex(data)) == item


@pytest.mark.parametrize("data", ["", "c2", "8180ff", "b8", "f8ff00", "83646f"])
def test_rlp_that_is_cut_off_or_longer_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="RLP item"):
        rlp.decode(bytes.fromhex(data))


def test_the_digest_of_votes_says_what_it_is() -> None:
    assert unhex(SEALED_BY_VOTES) == b"ctical byzantine fault tolerance"
