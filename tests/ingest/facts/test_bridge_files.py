"""A bridge's file: what it says is read, and what is wrong in it is said in one line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from ingest.facts.bridge_files import NATIVE, read_bridge, read_bridges
from ingest.model.errors import BadInput
from tests.fixtures.bridges import COIN, HERE, THERE, TOPICS, WRAPPED, write, written
from tests.fixtures.frames import address, word


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    file = tmp_path / "harbour.json"
    file.write_text(json.dumps(tomllib.loads(written())))

    bridge = read_bridge(write(tmp_path))
    assert bridge == read_bridge(file)
    assert (bridge.name, bridge.here, bridge.there, bridge.chain_id) == ("harbour", HERE, THERE, 2)
    assert (bridge.delay_s, bridge.finality_s, bridge.wait_s, bridge.first_here) == (60, 0, 1.0, 1)
    (asset,) = bridge.assets
    assert (asset.here, asset.there, asset.minted) == (WRAPPED, COIN, "here")
    assert {event.kind: event.topic for event in bridge.events} == TOPICS


def test_fields_are_found_among_topics_and_words(tmp_path: Path) -> None:
    lock = next(event for event in read_bridge(write(tmp_path)).events if event.kind == "lock")
    alice = address("alice")
    data = word(alice) + word(alice) + word(COIN) + word(5)

    said = lock.reads((lock.topic, word(7), None, None), data)
    assert said == {
        "nonce": word(7), "sender": word(alice), "recipient": word(alice), "token": word(COIN),
        "amount": word(5),
    }  # fmt: skip
    assert "amount" not in lock.reads((lock.topic, word(7), None, None), data[:-1]), "a log cut short"


def test_units_of_the_other_side_become_units_of_this_one(tmp_path: Path) -> None:
    (asset,) = read_bridge(write(tmp_path, decimals_there=6)).assets
    assert asset.worth("there", 5) == 5 * 10**12
    assert asset.worth("here", 5) == 5


def test_a_key_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, rpc="env:OTHER_CHAIN")
    with pytest.raises(BadInput, match=r"there.rpc: the variable 'OTHER_CHAIN' is not set$"):
        read_bridge(file)
    monkeypatch.setenv("OTHER_CHAIN", "http://key@node")
    assert read_bridge(file).rpc == "http://key@node"


def test_native_coin_is_a_coin(tmp_path: Path) -> None:
    file = tmp_path / "native.toml"
    file.write_text(written().replace(f'there = "0x{COIN.hex()}"', 'there = "native"'))
    assert read_bridge(file).assets[0].there == NATIVE


WRONG = [
    ('name = "harbour"', 'name = ""', "name '' must be 1 to 32 letters"),
    ('name = "harbour"', f'name = "{"x" * 33}"', "name 'xxx.*must be 1 to 32 letters"),
    ('name = "harbour"', "", "Object missing required field name"),
    ('name = "harbour"', "name = 5", "Expected str, got int"),
    ('name = "harbour"', 'name = "harbour"\ncolour = 1', "unknown field colour"),
    ("chain_id = 2", "chain_id = -2", "Expected int >= 0"),
    (f'contract = "0x{HERE.hex()}"', 'contract = "0x12"', "here.contract: '0x12' is no address"),
    (f'here = "0x{WRAPPED.hex()}"', 'here = "x"', "assets 1: 'x' is no address"),
    (f'here = "0x{WRAPPED.hex()}"', 'here = "native"', "native coin is minted by no bridge"),
    ('minted = "here"', 'minted = "nowhere"', "Invalid enum value 'nowhere'"),
    ('kind = "lock"', 'kind = "steal"', "Invalid enum value 'steal'"),
    ("Locked(uint256 indexed nonce,", "Locked(uint256 indexed nonce", "is no parameter|is no event"),
    ("Locked(", "Lo cked(", "is no event, as Locked"),
    ("uint256 amount)", "uint256 units)", "one parameter must be called amount"),
    ("uint256 amount)", "bytes amount)", "amount of type bytes has no fixed place"),
    ("address sender,", "address recipient,", "two parameters are called recipient"),
    ("address recipient, address token", "address indexed recipient, address indexed token, bool indexed x, "
     "bool indexed y", "at most three indexed"),
    ("delay_seconds = 60", "delay_seconds = 1.5", "Expected int, got float"),
    ("delay_seconds = 60", "delay_seconds", "is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_what_is_wrong_is_one_line_with_the_file(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    file = tmp_path / "harbour.toml"
    text = written()
    assert right in text
    file.write_text(text.replace(right, wrong, 1))

    with pytest.raises(BadInput, match=said) as caught:
        read_bridge(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_sides_without_events_coins_named_twice_and_bridges_of_one_name_are_refused(tmp_path: Path) -> None:
    file, plain = write(tmp_path), tomllib.loads(written())
    other = tmp_path / "other.json"

    def refused(said: str, **changed: object) -> None:
        other.write_text(json.dumps(plain | changed))
        with pytest.raises(BadInput, match=said):
            read_bridges((file, other))

    refused("another file has a bridge called 'harbour'")
    refused("each side needs at least one", events=plain["events"][:2])
    refused("assets is empty", assets=[])
    refused("one coin stands twice", assets=plain["assets"] * 2)
    refused("one signature stands twice", events=plain["events"] * 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "is not UTF-8 text: byte 0"), (b"[", "is not TOML"), (None, "cannot be")],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "harbour.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        read_bridge(file)
