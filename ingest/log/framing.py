"""What a record of Kafka looks like from outside: 4 bytes magic and version, CRC-32 of the rest, length of
the header, header, payload.
"""

from __future__ import annotations

import struct
import zlib

from ingest.model.errors import UnreadableRecord

_FRONT = struct.Struct(">3sBII")


def sealed(name: bytes, version: int, header: bytes, payload: bytes) -> bytes:
    """One record; `name` has three bytes."""
    rest = header + payload
    return _FRONT.pack(name, version, zlib.crc32(rest), len(header)) + rest


def opened(value: bytes, name: bytes, versions: range, of: str, hint: str = "") -> tuple[bytes, bytes]:
    """Header and payload of a record `of` something, in one of these versions. Raises UnreadableRecord; where
    it is another program's, with a `hint`.
    """
    if len(value) < _FRONT.size or value[:3] != name:
        raise UnreadableRecord(f"a record of {of} is not undertow's{hint}")
    _, version, checksum, size = _FRONT.unpack_from(value)
    if version not in versions:
        reads = f"{versions[0]} to {versions[-1]}" if len(versions) > 1 else str(versions[0])
        raise UnreadableRecord(
            f"a record of {of} has format {version}, this undertow reads {reads}: update it"
        )
    rest = value[_FRONT.size :]
    if zlib.crc32(rest) != checksum or size > len(rest):
        raise UnreadableRecord(f"a record of {of} is damaged: its checksum is wrong")
    return rest[:size], rest[size:]
