"""A bundle of an alert about mallory, on a chain whose every transaction is really signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.outside.evidence.alerts import Taken, from_book, from_store
from dashboard.outside.evidence.blocks import KIND_OF_BLOCK, LakeBlocks
from dashboard.outside.evidence.bundle import Filed, Revision
from dashboard.outside.evidence.canonical import canonical
from dashboard.outside.evidence.gathering import Gathered, gather
from dashboard.outside.evidence.places import digests
from dashboard.outside.evidence.signing import Signer
from dashboard.outside.evidence.verifying import Asked, check
from detectors.alerts.alert import Alert, Evidence, Role, status_at
from detectors.engine.revisions import alert_id
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from ingest import schema
from ingest.lake.writing import LakeWriter
from ingest.model.batch import Batch
from tests.dashboard.alerts import drain
from tests.fixtures import signed_chain
from tests.fixtures.signed_chain import CHAIN_ID, ETHER, TOKEN, who

import polars as pl  # isort: skip

Plain = dict[str, Any]
Change = Callable[[Plain], Any]
HEAD, FINALITY = 200, 64
ALICE, BOB, CAROL, MALLORY = ("0x" + who(name).hex() for name in ("alice", "bob", "carol", "mallory"))
RUN = "0123456789abcdef"
NOTHING = Asked()


@cache
def chain(chain_id: int = CHAIN_ID) -> Batch:
    return signed_chain.batch(chain_id)


def told() -> Batch:
    """The chain with facts: what the token calls itself, and that mallory is on a list."""
    words = [(CHAIN_ID, 100, TOKEN, b"Tether", b"USDT", 18)]
    listed = (
        CHAIN_ID,
        100,
        who("mallory"),
        "phishing",
        True,
        "drainer",
        "phishing.txt",
        1,
        bytes(32),
        None,
        None,
    )
    return chain().with_facts(
        token_metadata=pl.DataFrame(words, schema=schema.TOKEN_METADATA.schema, orient="row"),
        lists=pl.DataFrame([listed], schema=schema.LISTS.schema, orient="row"),
    )


def alert(chain_id: int = CHAIN_ID) -> Alert:
    """A drain of alice, bob and carol. Its rows are of each kind: coin, token, an event, the coin of a new
    contract, a call inside of a transaction, and a block.
    """
    found = chain(chain_id)
    sent = {
        (block, index): "0x" + name.hex()
        for block, index, name in found.transactions.select(
            "block_number", "transaction_index", "transaction_hash"
        ).iter_rows()
    }
    token = "0x" + TOKEN.hex()
    made = "0x" + found.transfers["to_address"].to_list()[-1].hex()
    coin: dict[str, Any] = {"symbol": "ETH", "decimals": 18}
    usdt = {**coin, "symbol": "USDT", "token": token}
    first = 18  # logs of the traffic before
    rows = (
        Evidence(sent[100, 18], None, 100, ALICE, MALLORY, amount=str(5 * ETHER), kind="native", **coin),
        Evidence(sent[100, 19], first, 100, index_in_log=0, kind="approval_erc20"),
        Evidence(sent[100, 19], first + 1, 100, ALICE, MALLORY, amount=str(7 * ETHER), index_in_log=0,
                 kind="erc20", **usdt),
        Evidence(sent[101, 4], None, 101, BOB, MALLORY, amount=str(3 * ETHER), kind="native", **coin),
        Evidence(sent[101, 4], None, 101, MALLORY, CAROL, amount="1", trace_index=1, kind="native", **coin),
        Evidence(sent[102, 0], None, 102, CAROL, made, amount=str(2 * ETHER), kind="native", **coin),
        Evidence("0x" + found.last_hash.hex(), None, 102, kind=KIND_OF_BLOCK),
    )  # fmt: skip
    raised = found.blocks.row(0, named=True)
    opens = bytes.fromhex(rows[0].transaction[2:])
    return replace(
        drain(),
        id=alert_id(chain_id, "wallet-drain", f"wallet:{MALLORY}", opens, "wallet-drain"),
        chain_id=chain_id,
        run=RUN,
        status="final",
        block_number=100,
        block_hash="0x" + raised["block_hash"].hex(),
        timestamp=raised["timestamp"],
        updated_block=102,
        transactions=tuple(dict.fromkeys(row.transaction for row in rows[:-1])),
        subject_id=MALLORY,
        roles=(Role(ALICE, "victim"), Role(BOB, "victim"), Role(MALLORY, "attacker")),
        evidence=rows,
    )


def taken(of: Alert, *earlier: Alert) -> Taken:
    """As a store at block 200 has it."""
    standing = replace(of, status=status_at(of, HEAD, FINALITY))
    records = [replace(each, status=None).to_dict() for each in (*earlier, of)]
    revisions = [Revision("raised" if not at else "changed", record) for at, record in enumerate(records)]
    return Taken(standing, Filed(HEAD, FINALITY, 0, revisions))


def lake(folder: Path, batch: Batch | None = None) -> LakeBlocks:
    LakeWriter(folder).write(told() if batch is None else batch)
    return LakeBlocks(folder, CHAIN_ID)


def gathered(folder: Path, of: Taken | None = None) -> Gathered:
    """Of a lake and with a key in the folder."""
    blocks = lake(folder / "lake")
    signer = Signer(folder / "key")
    return gather(of or taken(alert()), [blocks], signer, EngineSettings(), detectors())


def of_each_category(book: Path, lake_folder: Path, key: Path, store: str | None = None) -> dict[str, bytes]:
    """A bundle of one alert of every category of a book, the one with most rows. Where a store is named, it
    must have the same evidence.
    """
    alerts = [Alert.from_json(line) for line in book.read_text().splitlines()]
    largest = {each.category: each for each in sorted(alerts, key=lambda each: len(each.evidence))}
    blocks, signer = LakeBlocks(lake_folder, alerts[0].chain_id), Signer(key)
    found: dict[str, bytes] = {}
    for category, each in largest.items():
        sources = [
            from_book(book, each.id, None),
            *([] if store is None else [from_store(store, each.id, None)]),
        ]
        made = [gather(one, [blocks], signer, EngineSettings(), detectors()) for one in sources]
        assert len({one.name for one in made}) == 1, category
        assert made[-1].unproved == []
        found[category] = made[-1].content
    return found


def resealed(plain: Plain, signer: Signer) -> bytes:
    """A bundle made consistent again by somebody who has a key: digests, signature and text."""
    unsigned = {name: value for name, value in plain.items() if name != "signature"}
    made = digests(unsigned)
    seal = {"algorithm": "Ed25519", "key": signer.public, "digests": made, "value": signer.sign(made)}
    return canonical({**unsigned, "signature": seal}) + b"\n"


def refused(content: bytes, asked: Asked = NOTHING) -> dict[str, str]:
    """Places by the name under which something is refused there; the first of each."""
    found: dict[str, str] = {}
    for refusal in check(content, asked).refusals:
        found.setdefault(refusal.name, refusal.place)
    return found


def parsed(content: bytes) -> Plain:
    plain: Plain = json.loads(content)
    return plain
