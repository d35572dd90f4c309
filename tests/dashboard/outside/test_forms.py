"""Other systems read the book: STIX as its own library takes it, Forta's shape, schemas of our records."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import stix2
from typer.testing import CliRunner

import undertow
from dashboard.outside.forms.forta import finding, findings
from dashboard.outside.forms.stix import EXTENSION, WALLET, bundle, wallet
from dashboard.store import open_writer
from detectors.alerts.alert import Role
from detectors.alerts.messages import Superseded, records_of
from detectors.alerts.record_schemas import FOLDER, TYPES, schema, text
from ingest.model.health import health_value
from tests.dashboard.alerts import ALICE, CHAIN, MALLORY, Filing, back_to, drain, judged, poisoning
from tests.dashboard.people import HOSTILE
from tests.dashboard.test_health import told

PART = {"kind": "part-of", "reason": "says less", "id": "drain-7"}


def objects(text: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(text)["objects"]:
        found.setdefault(each["type"], []).append(each)
    return found


def test_the_library_of_stix_takes_the_bundle_and_every_reference_leads_somewhere() -> None:
    hostile = [drain(number, explanation=name) for number, name in enumerate(HOSTILE.values(), 10)
               if "\ud800" not in name]  # fmt: skip
    made = bundle([drain(1), poisoning(2), *hostile])
    read = stix2.parse(made, allow_custom=True)
    names = {each["id"] for each in read.objects}
    assert len(names) == len(read.objects)
    for each in json.loads(made)["objects"]:
        refs = [value for key, value in each.items() if key.endswith("_ref")]
        refs += [name for key, value in each.items() if key.endswith("_refs") for name in value]
        assert set(refs) <= names


def test_a_wallet_is_what_the_extension_says_it_is() -> None:
    found = objects(bundle([drain(1)]))
    (extension,) = found["extension-definition"]
    checked = jsonschema.Draft202012Validator(json.loads(extension["schema"]))
    assert {each["address"] for each in found[WALLET]} >= {ALICE, MALLORY}
    for each in found[WALLET]:
        checked.validate(each)
        assert list(each["extensions"]) == [EXTENSION] == [extension["id"]]
    with pytest.raises(jsonschema.ValidationError):
        checked.validate(wallet(CHAIN, "alice"))


def test_only_who_is_accused_is_an_indicator_and_what_is_explained_is_none_of_malice() -> None:
    (indicator,) = objects(bundle([drain(1)]))["indicator"]
    assert MALLORY in indicator["pattern"] and indicator["confidence"] == 91
    (lowered,) = objects(bundle([drain(1, suppressed_by=PART)]))["indicator"]
    assert lowered["indicator_types"] == ["anomalous-activity"]


def test_the_same_book_gives_the_same_bundle_and_an_alert_keeps_its_ids() -> None:
    assert bundle([drain(1), poisoning(2)]) == bundle([drain(1), poisoning(2)])
    before, after = (objects(bundle([drain(1, score=score)]))["indicator"][0]["id"] for score in (0.5, 0.9))
    assert before == after


def test_a_finding_has_the_shape_of_forta_s_and_labels_only_who_is_accused() -> None:
    made = finding(drain(1, timestamp=2**62))
    assert (made["severity"], made["findingType"], made["hash"]) == ("HIGH", "SUSPICIOUS", "drain-1")
    assert [(each["entity"], each["label"]) for each in made["labels"]] == [  # type: ignore[attr-defined]
        (MALLORY, "wallet-drain-attacker")
    ]
    assert all(isinstance(value, str) for value in made["metadata"].values())  # type: ignore[attr-defined]
    assert finding(drain(1, suppressed_by=PART))["labels"] == []
    assert findings([drain(1, explanation="a\nb"), drain(2)]).count("\n") == 2


def test_a_node_that_lies_is_no_wallet_for_other_systems() -> None:
    node = "0x" + "d0" * 20
    lying = drain(1, subject_kind="node", subject_id=node, roles=(Role(node, "subject"),), evidence=())
    assert node not in bundle([lying]).replace(lying.explanation, "")
    made = finding(lying)
    assert (made["addresses"], made["labels"], made["metadata"]["subject"]) == ([], [], node)  # type: ignore[index]


@pytest.mark.parametrize("form", ["--stix", "--forta"])
def test_export_writes_it_from_the_store(sqlite_url: str, tmp_path: Path, form: str) -> None:
    gone = drain(2, status="retracted", retraction_reason="its block left the chain")
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1), gone, blocks=(judged(20),))
    argv = ["export", "--store", sqlite_url, "--alerts", str(tmp_path / "out"), form]
    assert CliRunner().invoke(undertow.app, argv).exit_code == 0
    assert "drain-1" in (tmp_path / "out").read_text() and "drain-2" not in (tmp_path / "out").read_text()
    assert CliRunner().invoke(undertow.app, [*argv, "--csv"]).exit_code == 2


@pytest.mark.parametrize("topic", TYPES)
def test_the_schema_of_a_record_that_is_checked_in_is_that_of_the_code(topic: str) -> None:
    assert (FOLDER / f"{topic}.json").read_text() == text(topic), (
        "write it anew: python -m detectors.alerts.record_schemas"
    )
    jsonschema.Draft202012Validator.check_schema(schema(topic))


def test_what_is_sent_is_what_the_schemas_say_and_what_is_not_is_refused() -> None:
    checked = {topic: jsonschema.Draft202012Validator(schema(topic)) for topic in TYPES}
    for alert in (drain(1), poisoning(2, suppressed_by=PART), drain(3, value_wei="7", p_value=0.5)):
        checked["fraud.alerts"].validate(json.loads(alert.to_json()))
    for record in (judged(1, (ALICE, 0.5)), back_to(1), Superseded(CHAIN, 1, "run")):
        for value in records_of(record):
            checked["fraud.scores"].validate(json.loads(value))
    checked["undertow.health"].validate(json.loads(health_value(told())))
    odd: list[dict[str, object]] = [
        {"severity": "huge"}, {"score": 2}, {"block_hash": "0x1"}, {"id": "a\0b"}, {"evidence": {}},
    ]  # fmt: skip
    for changes in odd:
        with pytest.raises(jsonschema.ValidationError):
            checked["fraud.alerts"].validate(json.loads(drain(1).to_json()) | changes)
    with pytest.raises(jsonschema.ValidationError):
        checked["fraud.scores"].validate({"kind": "other", "chain_id": 1})
