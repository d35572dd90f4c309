"""What is filed in a store can be found again by people who ask; every test runs on each database."""

from __future__ import annotations

import itertools
from contextlib import closing, nullcontext
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import StaticPool, create_engine

from dashboard.store import Feed, Filters, Reader, Writer
from dashboard.store.score_filing import file_scores
from dashboard.store.tables import metadata
from detectors.alerts.messages import ScoreRecord, Superseded
from ingest.model.errors import BadInput
from tests.dashboard.alerts import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    MALLORY,
    Filing,
    back_to,
    drain,
    judged,
    poisoning,
    transaction,
)


def ids(reader: Reader, **filters: object) -> list[str]:
    return [row.id for row in reader.page(Filters(**filters), 1, 100)]  # type: ignore[arg-type]


def test_the_queue_is_newest_first_and_comes_in_pages(filing: Filing, reader: Reader) -> None:
    filing.file(*(drain(number) for number in (3, 1, 2)))
    assert [row.block_number for row in reader.page(Filters(), 1, 2)] == [3, 2]
    assert [row.block_number for row in reader.page(Filters(), 2, 2)] == [1]
    assert reader.page(Filters(), 3, 2) == []


def test_each_filter_lets_its_own_through_and_all_must_agree(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1), poisoning(2), drain(3, score=0.5, severity="low"))
    assert ids(reader, categories=("address-poisoning",)) == ["poison-2"]
    assert ids(reader, severities=("low", "medium")) == ["drain-3", "poison-2"]
    assert ids(reader, minimum_score=0.6) == ["poison-2", "drain-1"]
    assert ids(reader, categories=("wallet-drain",), minimum_score=0.6) == ["drain-1"]


def test_an_alert_is_found_by_address_transaction_or_id_and_by_their_beginnings(
    filing: Filing, reader: Reader
) -> None:
    filing.file(drain(1), poisoning(2))
    assert ids(reader, search=CAROL) == ["poison-2"]
    assert ids(reader, search=ALICE.upper().replace("0X", "0x")[:10]) == ["drain-1"]
    assert ids(reader, search=ALICE[2:8]) == ["drain-1"]
    assert ids(reader, search=MALLORY) == ["poison-2", "drain-1"]
    assert ids(reader, search=f"  {transaction(1)} ") == ["drain-1"]
    assert ids(reader, search="poison") == ["poison-2"]
    assert ids(reader, search="0xdead") == []


@pytest.mark.parametrize("search", ["%", "_", "'; DROP TABLE alerts; --", "0x%"])
def test_a_search_is_a_value_and_never_a_pattern_or_a_command(
    filing: Filing, reader: Reader, search: str
) -> None:
    filing.file(drain(1))
    assert ids(reader, search=search) == []
    assert ids(reader) == ["drain-1"]


def test_counts_are_of_what_passes_the_filters(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1), drain(2, severity="critical"), poisoning(3))
    counts = reader.counts(Filters())
    assert counts.total == 3
    assert counts.category == {"wallet-drain": 2, "address-poisoning": 1}
    assert counts.severity == {"high": 1, "critical": 1, "medium": 1}
    assert reader.counts(Filters(severities=("critical",))).total == 1
    assert reader.categories() == ["address-poisoning", "wallet-drain"]


def test_an_alert_comes_back_whole(filing: Filing, reader: Reader) -> None:
    filing.file(drain(7))
    assert reader.alert(CHAIN, "drain-7") == (drain(7), "provisional")
    assert reader.alert(CHAIN, "drain-8") is None
    assert reader.alert(1, "drain-7") is None


def test_a_revision_takes_the_place_of_the_one_before_with_its_roles(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1))
    grown = drain(1, score=0.99, roles=poisoning(1).roles, updated_block=4)
    filing.file(grown)
    assert reader.alert(CHAIN, "drain-1") == (grown, "provisional")
    assert ids(reader, search=ALICE) == []
    assert ids(reader, search=CAROL) == ["drain-1"]


def test_an_older_revision_is_ignored_when_it_is_read_again(writer: Writer, reader: Reader) -> None:
    offsets = {"alerts": 8}
    new, old = drain(1, score=0.8), drain(1, score=0.2)
    writer.file(Feed(CHAIN, [(7, new)], (), {}, offsets, 10))
    # The offsets were set back by hand to 5, and the sink reads revision 5 and then 7 again.
    writer.file(Feed(CHAIN, [(5, old)], (), offsets, {"alerts": 6}, 10))
    assert reader.alert(CHAIN, "drain-1") == (new, "provisional")


def test_of_two_revisions_in_one_feed_the_later_stands(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1, score=0.2), drain(1, score=0.8))
    assert reader.page(Filters(), 1, 5)[0].score == 0.8
    assert reader.counts(Filters()).total == 1


def test_an_alert_is_final_once_finality_blocks_lie_on_it_and_provisional_again_after_a_rollback(
    filing: Filing, reader: Reader
) -> None:
    # finality 10: block 1 is final at head 11, not at head 10.
    filing.file(drain(1), blocks=(judged(10),))
    assert ids(reader, statuses=("provisional",)) == ["drain-1"]
    filing.file(blocks=(judged(11),))
    assert ids(reader, statuses=("final",)) == ["drain-1"]
    filing.file(blocks=(back_to(9),))
    assert ids(reader, statuses=("provisional",)) == ["drain-1"]
    assert reader.heads()[0].block_number == 9


def test_a_retracted_alert_stays_and_says_so(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1), blocks=(judged(1),))
    gone = drain(1, status="retracted", retraction_reason="its block left the chain")
    filing.file(gone, blocks=(back_to(0), judged(1), judged(40)))
    assert reader.alert(CHAIN, "drain-1") == (gone, "retracted")
    assert reader.statuses(CHAIN) == {"retracted": 1}


def test_scores_above_a_rollback_go_and_come_again_with_the_new_blocks(writer: Writer) -> None:
    filing = Filing(writer)
    filing.file(
        blocks=(judged(1, (ALICE, 0.1)), judged(2, (BOB, 0.2), (MALLORY, 0.9)), judged(3, (BOB, 0.3)))
    )
    filing.file(blocks=(back_to(1), judged(2, (CAROL, 0.4))))
    assert scores_in(writer) == [(1, ALICE, 0.1), (2, CAROL, 0.4)]


def scores_in(writer: Writer) -> list[tuple[object, ...]]:
    with writer._engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT block_number, subject, score FROM scores ORDER BY 1, 2")
        return [tuple(row) for row in rows]


def test_scores_that_a_rebuild_supersedes_make_room_and_the_head_stays(
    writer: Writer, reader: Reader
) -> None:
    filing = Filing(writer)
    filing.file(drain(1), blocks=(judged(1, (ALICE, 0.1)), judged(2, (ALICE, 0.2)), judged(30, (BOB, 0.3))))
    again = (Superseded(CHAIN, 2, "another run"), judged(2, (CAROL, 0.4), again=True))
    for _ in range(2):  # a rebuild that was killed withdraws and sends them again
        filing.file(blocks=again)
        assert scores_in(writer) == [(1, ALICE, 0.1), (2, CAROL, 0.4)]
        # The chain has not moved: block 1 stays as final as it was.
        assert reader.heads()[0].block_number == 30
        assert ids(reader, statuses=("final",)) == ["drain-1"]
    filing.file(blocks=(judged(30, (MALLORY, 0.5), again=True), judged(31, again=True)))
    assert scores_in(writer)[-1] == (30, MALLORY, 0.5)
    assert reader.heads()[0].block_number == 31


def test_a_block_beyond_all_others_is_left_again_with_the_next(writer: Writer, reader: Reader) -> None:
    filing = Filing(writer)
    last = 2**63 - 1
    filing.file(drain(1), blocks=(judged(last), back_to(last), Superseded(CHAIN, last, "a run")))
    assert (reader.heads()[0].block_number, ids(reader, statuses=("final",))) == (last, ["drain-1"])
    filing.file(blocks=(back_to(last),))
    filing.file(blocks=(judged(2),))
    assert (reader.heads()[0].block_number, ids(reader, statuses=("final",))) == (2, [])


def test_the_scores_of_a_block_in_several_parts_are_all_kept(writer: Writer) -> None:
    first, second = judged(1, (ALICE, 0.1)), judged(1, (BOB, 0.2))
    Filing(writer).file(blocks=(first, msgspec.structs.replace(second, part=1)))
    assert scores_in(writer) == [(1, ALICE, 0.1), (1, BOB, 0.2)]


RECORDS = st.one_of(
    st.builds(
        lambda block, part, who, score: msgspec.structs.replace(judged(block, (who, score)), part=part),
        st.integers(0, 6), st.integers(0, 1), st.sampled_from((ALICE, BOB)), st.sampled_from((0.1, 0.5)),
    ),
    st.builds(back_to, st.integers(0, 6)),
    st.builds(lambda block: Superseded(CHAIN, block, "a run"), st.integers(0, 6)),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(records=st.lists(RECORDS, max_size=8), cuts=st.sets(st.integers(1, 7)))
def test_scores_are_the_same_in_whatever_pieces_their_records_come(
    records: list[ScoreRecord], cuts: set[int]
) -> None:
    found = []
    for where in (set(range(1, 8)), cuts):
        with closing(memory_writer()) as writer:
            edges = [0, *sorted(cut for cut in where if cut < len(records)), len(records)]
            for start, end in itertools.pairwise(edges):
                with writer._engine.begin() as connection:
                    file_scores(connection, CHAIN, records[start:end])
            found.append(scores_in(writer))
    assert found[0] == found[1]


def memory_writer() -> Writer:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    return Writer(engine, nullcontext)


def test_two_sinks_of_one_chain_are_found_out_and_nothing_of_the_second_is_written(
    writer: Writer, reader: Reader
) -> None:
    first = Feed(CHAIN, [(0, drain(1))], (judged(1),), {}, {"alerts": 1, "scores": 1}, 10)
    second = replace(first, revisions=[(0, drain(2))])
    writer.file(first)
    with pytest.raises(BadInput, match="another sink files chain 31337"):
        writer.file(second)
    assert ids(reader) == ["drain-1"]


def test_the_revision_of_the_store_grows_with_every_filing(filing: Filing, reader: Reader) -> None:
    before = reader.revision()
    filing.file(drain(1))
    between = reader.revision()
    filing.file(blocks=(judged(1),))
    assert before < between < reader.revision()


def test_related_alerts_share_an_attacker_or_a_transaction(filing: Filing, reader: Reader) -> None:
    same_transaction = drain(5, "twin", roles=(), transactions=(transaction(1),), evidence=())
    only_a_victim_in_common = drain(6, "other", roles=drain().roles[:2], transactions=(), evidence=())
    filing.file(drain(1), poisoning(2), same_transaction, only_a_victim_in_common)
    assert [row.id for row in reader.related(drain(1))] == ["twin-5", "poison-2"]


def test_two_chains_live_side_by_side(writer: Writer, reader: Reader) -> None:
    Filing(writer).file(drain(1), blocks=(judged(40),))
    Filing(writer, chain_id=1).file(drain(1, chain_id=1), blocks=(judged(2, chain_id=1),))
    assert [(head.chain_id, head.block_number) for head in reader.heads()] == [(1, 2), (CHAIN, 40)]
    assert reader.statuses(CHAIN) == {"final": 1}
    assert reader.statuses(1) == {"provisional": 1}
