"""A counterexample as a file, and the same done again on a fork of the same block."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dashboard.outside.inspecting.fork import Fork, TimeIsUp, forked
from dashboard.outside.inspecting.outcome import WORDS, Outcome
from detectors.alerts.text import visible
from ingest.localchain.chain.wallet import Address, words
from ingest.model.errors import BadInput, WrongChain

FORMAT = 1
MOST_BYTES = 32 * 2**20
_WORDS = ("block_hash", "kind", "said")


def written(
    chain_id: int, number: int, block_hash: str, address: Address, outcome: Outcome
) -> dict[str, Any]:
    """All that it takes to do it again; integers as decimal strings."""
    return {
        "format": FORMAT,
        "chain_id": chain_id,
        "block": number,
        "block_hash": block_hash,
        "contract": address,
        "kind": outcome.kind,
        "said": outcome.said,
        "tries": outcome.tries,
        "steps": [dict(step) for step in outcome.steps],
    }


def read(file: Path) -> dict[str, Any]:
    """Raises BadInput, in one line, for what is no counterexample."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadInput(f"{file} is no counterexample: it is larger than {MOST_BYTES >> 20} MiB")
        found = json.loads(file.read_bytes())
        if found["format"] != FORMAT:
            raise BadInput(
                f"{file} is of format {found['format']!r:.20}, this version reads {FORMAT}: update undertow"
            )
        told = isinstance(found["chain_id"], int) and all(isinstance(found[each], str) for each in _WORDS)
        fits = told and isinstance(found["steps"], list) and found["kind"] in WORDS and found["block"] >= 0
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{file} is no counterexample that `undertow inspect --out` wrote: {error}") from error
    if not fits:
        raise BadInput(f"{file} is no counterexample that `undertow inspect --out` wrote")
    return dict(found)


def replayed(file: Path, rpc: str, seconds: float) -> str:
    """Does it again. Raises BadInput where one step goes otherwise than it is written, naming the step."""
    example = read(file)
    with forked(rpc, seconds, example["block"]) as fork:
        if fork.chain_id != example["chain_id"]:
            raise WrongChain(f"{file} is of chain {example['chain_id']}, the node of {fork.chain_id}")
        if fork.hash != example["block_hash"]:
            raise BadInput(
                f"{file} begins after block {example['block']}, whose hash is another one at this node"
            )
        for number, step in enumerate(example["steps"], 1):
            try:
                wrong = _again(fork, step)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise BadInput(f"{file}: step {number} cannot be read: {error!r:.100}") from error
            except TimeIsUp as error:
                raise BadInput(f"{file}: the time was up at step {number}: give more --seconds") from error
            if wrong:
                raise BadInput(f"{file}: step {number} goes otherwise: {wrong}")
    sends = sum(step["do"] == "send" for step in example["steps"])
    return (
        f"replayed   {WORDS[example['kind']]}: {visible(example['said'])}: {sends} transactions on a private "
        f"fork of chain {example['chain_id']} after block {example['block']}, each as it was written"
    )


def _again(fork: Fork, step: dict[str, Any]) -> str:
    if step["do"] == "send":
        ok = fork.transact(step["from"], step["to"], step["data"], int(step["value"])).ok
        return "" if ok == step["ok"] else f"the transaction {'succeeds' if ok else 'fails'}"
    if step["do"] == "ask":
        found = fork.held(_address(step["of"]), step["asset"] and _address(step["asset"]))
        return "" if found == int(step["is"]) else f"{step['of']} has {found}, not {step['is']}"
    return "" if fork.arrange(step["do"], *step["params"]) else f"{step['do']} is refused"


def _address(given: str) -> Address:
    if words(["address"], [given]) is None:
        raise ValueError(f"{given!r:.60} is no address")
    return given
