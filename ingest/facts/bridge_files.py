"""Bridges in files (`--bridge`): the other chain, the contracts on both sides, and what their events say."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from ingest import schema
from ingest.blocks.trie import keccak
from ingest.model.errors import BadInput

Side = Literal["here", "there"]
Kind = Literal["lock", "burn", "mint", "release"]
CLAIMS: tuple[Kind, ...] = ("mint", "release")
NATIVE = bytes(20)
MOST_BYTES = 1_000_000
FIELDS = {"nonce": "id", "sender": "address", "recipient": "address", "token": "address", "amount": "number"}
"""Names of an event's parameters that are read, and what each must be."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
_SIGNATURE = re.compile(r"\s*(?:event\s+)?(\w+)\s*\((.*)\)\s*;?\s*", re.DOTALL)
_PARAMETER = re.compile(r"\s*([a-z]+[0-9]*(?:\[\])*)(\s+indexed)?(?:\s+(\w+))?\s*")
_STATIC = re.compile(r"address|bool|u?int[0-9]*|bytes[0-9]+")
_SHOWN = 80
_WORD = 32


@dataclass(frozen=True, slots=True)
class BridgeEvent:
    """What a bridge says on one side: its topic, and where each field lies: a topic (1 to 3) or, from 0 on, a
    word of its data.
    """

    side: Side
    kind: Kind
    topic: bytes
    topics: dict[str, int]
    words: dict[str, int]

    @property
    def claims(self) -> bool:
        return self.kind in CLAIMS

    def reads(self, topics: tuple[bytes | None, ...], data: bytes) -> dict[str, bytes]:
        """Its fields, 32 bytes each, as far as a log holds them."""
        found = {name: topics[at] for name, at in self.topics.items()}
        found |= {name: data[_WORD * at : _WORD * (at + 1)] for name, at in self.words.items()}
        return {name: word for name, word in found.items() if word is not None and len(word) == _WORD}


@dataclass(frozen=True, slots=True)
class Asset:
    """A coin on both sides (zero: native); on the side `minted` it stands for what the other holds."""

    here: bytes
    there: bytes
    minted: Side
    decimals_here: int
    decimals_there: int

    def on(self, side: Side) -> bytes:
        return self.here if side == "here" else self.there

    def kind(self, side: Side, claims: bool) -> Kind:
        if side == self.minted:
            return "mint" if claims else "burn"
        return "release" if claims else "lock"

    def worth(self, side: Side, units: int) -> int:
        """Units of `side` in units of this chain, rounded down."""
        if side == "here":
            return units
        return units * int(10**self.decimals_here) // int(10**self.decimals_there)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge as its file has it. `here` and `there` are its contracts; times in seconds."""

    name: str
    here: bytes
    there: bytes
    first_here: int | None
    rpc: str
    chain_id: int
    first_there: int
    confirmations: int
    finality_s: int
    delay_s: int
    wait_s: float
    assets: tuple[Asset, ...]
    events: tuple[BridgeEvent, ...]

    def contract(self, side: Side) -> bytes:
        return self.here if side == "here" else self.there

    def asset_of(self, side: Side, token: bytes | None) -> Asset | None:
        """Which coin a token is; the only one where nothing is said."""
        if token is None:
            return self.assets[0] if len(self.assets) == 1 else None
        return next((asset for asset in self.assets if asset.on(side) == token), None)


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Decimals = Annotated[int, msgspec.Meta(ge=0, le=77)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=30 * 86_400)]


class _Here(msgspec.Struct, forbid_unknown_fields=True):
    contract: str
    first_block: _Count | None = None


class _There(msgspec.Struct, forbid_unknown_fields=True):
    rpc: str
    chain_id: _Count
    contract: str
    first_block: _Count = 0
    confirmations: _Count = 12
    finality_seconds: _Seconds = 0


class _Asset(msgspec.Struct, forbid_unknown_fields=True):
    here: str
    there: str
    minted: Side
    decimals_here: _Decimals = 18
    decimals_there: _Decimals = 18


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    side: Side
    kind: Kind
    signature: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    here: _Here
    there: _There
    assets: list[_Asset]
    events: list[_Event]
    delay_seconds: _Seconds = 60
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 10.0


def read_bridges(files: tuple[Path, ...]) -> tuple[Bridge, ...]:
    """Each bridge of these files. Raises BadInput, in one line with the file, for what is none."""
    bridges = tuple(read_bridge(file) for file in files)
    for at, bridge in enumerate(bridges):
        if any(other.name == bridge.name for other in bridges[:at]):
            raise BadInput(f"{files[at]}: another file has a bridge called {bridge.name!r}: rename one")
    return bridges


def read_bridge(file: Path) -> Bridge:
    """One bridge: TOML, or JSON where the file's name ends so. Raises BadInput."""
    try:
        plain = msgspec.convert(_plain(file), type=_File)
        return _bridge(plain)
    except msgspec.ValidationError as error:
        raise BadInput(f"{file}: {str(error).replace('`', '')}: see --bridge") from error
    except _Wrong as wrong:
        raise BadInput(f"{file}: {wrong}") from wrong


class _Wrong(Exception):
    """What is wrong in a file, and what to do."""


def _plain(file: Path) -> Any:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadInput(f"{file} is larger than {MOST_BYTES} bytes: is it a bridge's file?")
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}: see --bridge") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not UTF-8 text: byte {error.start} is none of it") from error
    is_json = file.suffix.lower() == ".json"
    read: Callable[[str], Any] = msgspec.json.decode if is_json else tomllib.loads
    try:
        return read(text)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{file} is not {'JSON' if is_json else 'TOML'}: {error}") from error


def _bridge(plain: _File) -> Bridge:
    name = plain.name.strip()
    if not _NAME.fullmatch(name) or len(name) > schema.BRIDGE_BYTES:
        raise _Wrong(f"name {_cut(plain.name)} must be 1 to {schema.BRIDGE_BYTES} letters, digits or . _ -")
    if not plain.assets:
        raise _Wrong("assets is empty: name at least one coin that crosses")
    assets = tuple(_asset(one, at) for at, one in enumerate(plain.assets, 1))
    for side in ("here", "there"):
        tokens = [asset.on(side) for asset in assets]
        if len(set(tokens)) < len(tokens):
            raise _Wrong(f"assets: one coin stands twice as {side}: each crosses to one other")
    events = tuple(_event(one, at, len(assets)) for at, one in enumerate(plain.events, 1))
    if not any(event.side == "there" for event in events) or not any(e.side == "here" for e in events):
        raise _Wrong("events: each side needs at least one, else nothing can be held against it")
    places = [(event.side, event.topic) for event in events]
    if len(set(places)) < len(places):
        raise _Wrong("events: one signature stands twice on a side: keep one, its asset says the kind")
    return Bridge(
        name, _address(plain.here.contract, "here.contract"),
        _address(plain.there.contract, "there.contract"),
        plain.here.first_block, _rpc(plain.there.rpc), plain.there.chain_id, plain.there.first_block,
        plain.there.confirmations, plain.there.finality_seconds, plain.delay_seconds, plain.wait_seconds,
        assets, events,
    )  # fmt: skip


def _rpc(text: str) -> str:
    """A key in it need not stand in the file: `env:NAME` is a variable of the environment."""
    if not text.startswith("env:"):
        return text
    found = os.environ.get(text.removeprefix("env:"))
    if not found:
        raise _Wrong(f"there.rpc: the variable {_cut(text.removeprefix('env:'))} is not set")
    return found


def _asset(plain: _Asset, at: int) -> Asset:
    here, there = (_coin(text, f"assets {at}") for text in (plain.here, plain.there))
    if (here if plain.minted == "here" else there) == NATIVE:
        raise _Wrong(f"assets {at}: native coin is minted by no bridge: turn `minted` round")
    return Asset(here, there, plain.minted, plain.decimals_here, plain.decimals_there)


def _coin(text: str, where: str) -> bytes:
    return NATIVE if text == "native" else _address(text, where)


def _address(text: str, where: str) -> bytes:
    if not _ADDRESS.fullmatch(text):
        raise _Wrong(f"{where}: {_cut(text)} is no address (0x and 40 hex digits)")
    return bytes.fromhex(text[2:])


def _event(plain: _Event, at: int, assets: int) -> BridgeEvent:
    where, found = f"events {at}", _SIGNATURE.fullmatch(plain.signature)
    if found is None:
        raise _Wrong(f"{where}: {_cut(plain.signature)} is no event, as Locked(uint256 indexed nonce, ...)")
    kinds, topics, words = list[str](), dict[str, int](), dict[str, int]()
    for text in found[2].split(",") if found[2].strip() else []:
        parameter = _PARAMETER.fullmatch(text)
        if parameter is None:
            raise _Wrong(f"{where}: {_cut(text.strip())} is no parameter, as `uint256 indexed nonce`")
        kind = re.sub(r"^(u?int)(\[\])*$", r"\g<1>256\g<2>", parameter[1])
        kinds.append(kind)
        place, count = (topics, len(topics) + 1) if parameter[2] else (words, len(words))
        name = parameter[3] or f"#{len(kinds)}"
        if name in topics or name in words:
            raise _Wrong(f"{where}: two parameters are called {name}")
        if name in FIELDS and not _STATIC.fullmatch(kind):
            raise _Wrong(f"{where}: {name} of type {kind} has no fixed place: it must be one word")
        place[name] = count
    if len(topics) > 3:
        raise _Wrong(f"{where}: an event has at most three indexed parameters")
    known = {*topics, *words} & FIELDS.keys()
    if "amount" not in known or ("token" not in known and assets > 1):
        raise _Wrong(f"{where}: one parameter must be called amount, and one token where several coins cross")
    topic = keccak(f"{found[1]}({','.join(kinds)})".encode())
    mine = {name: at for name, at in topics.items() if name in FIELDS}
    return BridgeEvent(plain.side, plain.kind, topic, mine, {n: w for n, w in words.items() if n in FIELDS})


def _cut(text: str) -> str:
    return repr(text[:_SHOWN])
