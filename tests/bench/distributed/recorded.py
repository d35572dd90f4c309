"""Recorded mainnet blocks as a longer chain, its answers in a file; and a process that only sends them.

Each block comes again and again with another number and parent, and so another hash: all else of it, and with
it what has to be fetched, proved and decoded, is as it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from ingest.blocks.answers import BlockAnswer
from ingest.blocks.header_rules import plain_hash
from tests.fixtures.mainnet import DATA, recorded_json

RECORDED = range(17686110, 17686121)
ANSWERS, INDEX = "answers", "index.json"
_NO_STATE = {"code": -32000, "message": "missing trie node: only blocks were recorded"}
_NO_METHOD = {"code": -32601, "message": "the method does not exist"}
Span = tuple[int, int]
"""Where an answer begins in the file, and its length."""


def is_recorded() -> bool:
    return (DATA / f"mainnet/{RECORDED[0]}.json.gz").exists()


def write(folder: Path, first: int, count: int) -> int:
    """The answers about blocks `first` to `first + count - 1`; how many logs they have."""
    templates = [recorded_json(f"mainnet/{number}.json.gz") for number in RECORDED]
    parent, logs = templates[0]["block"]["parentHash"], 0
    index: dict[str, dict[str, Span]] = {}
    with (folder / ANSWERS).open("wb") as file:
        for at in range(count):
            block, receipts = _moved(templates[at % len(templates)], first + at, parent)
            parent = block["hash"]
            logs += sum(len(receipt["logs"]) for receipt in receipts)
            brief = block | {"transactions": [sent["hash"] for sent in block["transactions"]]}
            parts = {"whole": block, "brief": brief, "receipts": receipts}
            index[hex(first + at)] = {name: _append(file, part) for name, part in parts.items()}
    (folder / INDEX).write_text(json.dumps(index))
    return logs


def _append(file: Any, part: Any) -> Span:
    data = json.dumps(part, separators=(",", ":")).encode()
    begin = file.tell()
    file.write(data)
    return begin, len(data)


def _moved(template: Any, number: int, parent: str) -> tuple[Any, Any]:
    block = dict(template["block"]) | {"number": hex(number), "parentHash": parent}
    header = msgspec.convert(block, BlockAnswer)
    block["hash"] = plain_hash(header)
    place = {"blockNumber": hex(number), "blockHash": block["hash"]}
    block["transactions"] = [sent | place for sent in block["transactions"]]
    receipts = [
        receipt | place | {"logs": [log | place for log in receipt["logs"]]}
        for receipt in template["receipts"]
    ]
    return block, receipts


class Answers:
    """What was written to a folder, by question."""

    def __init__(self, folder: Path) -> None:
        self._index: dict[str, dict[str, Span]] = json.loads((folder / INDEX).read_text())
        self._file = (folder / ANSWERS).open("rb")
        self._data = memoryview(self._file.read())
        self._head = max(self._index, key=lambda number: int(number, 16))

    def parts(self, body: bytes) -> Iterator[bytes | memoryview]:
        """The answer to a request, or to a batch of them, in pieces."""
        asked = json.loads(body)
        if not isinstance(asked, list):
            yield from self._one(asked)
            return
        for at, call in enumerate(asked):
            yield b"," if at else b"["
            yield from self._one(call)
        yield b"]"

    def _one(self, call: Any) -> Iterator[bytes | memoryview]:
        yield b'{"jsonrpc":"2.0","id":%d,' % call["id"]
        found = self._found(call["method"], call.get("params", []))
        if found is None:
            refused = _NO_STATE if call["method"] == "eth_call" else _NO_METHOD
            yield b'"error":' + json.dumps(refused).encode()
        else:
            yield b'"result":'
            yield found
        yield b"}"

    def _found(self, method: str, params: list[Any]) -> bytes | memoryview | None:
        if method in ("eth_chainId", "eth_blockNumber"):
            return json.dumps("0x1" if method == "eth_chainId" else self._head).encode()
        if method not in ("eth_getBlockByNumber", "eth_getBlockReceipts"):
            return None
        number = self._head if params[0] in ("latest", "finalized", "safe") else params[0]
        kind = "receipts" if method == "eth_getBlockReceipts" else "whole" if params[1] else "brief"
        if number not in self._index:
            return b"null"
        begin, length = self._index[number][kind]
        return self._data[begin : begin + length]


def main() -> None:
    """Serves a folder on a port until it is ended."""
    answers = Answers(Path(sys.argv[1]))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = list(answers.parts(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", str(sum(map(len, parts))))
            self.end_headers()
            for part in parts:
                self.wfile.write(part)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()


if __name__ == "__main__":
    main()
