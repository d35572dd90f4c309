"""Calls inside transactions, in whatever way a node gives them: flat, or nested and traced anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.blocks.traces import Call as TracedCall
from ingest.blocks.traces import FlatTrace, NestedTrace, flat_calls, nested_calls
from ingest.model.errors import UndertowError
from ingest.model.redact import shown
from ingest.nodes.jsonrpc import Call, Reply

Ask = Callable[[Sequence[Call]], list[Reply]]


class TraceReader:
    """Asks one node for the calls of blocks. That it lacks `trace_block` is found out once, and remembered.

    `debug_traceBlockByHash` comes second: it is quadratic in the block's size on development nodes.
    """

    def __init__(self, ask: Ask, flat: Callable[[Reply], list[FlatTrace] | None],
                 nested: Callable[[Reply], list[NestedTrace | None] | None],
                 bad: Callable[[str], UndertowError]) -> None:  # fmt: skip
        """`ask` brings replies; `flat` and `nested` decode one, raising what a bad answer raises; `bad` makes
        the error that says what the node did wrong.
        """
        self._ask, self._bad = ask, bad
        self._flat, self._nested = flat, nested
        self.gives_flat = True

    def read(self, blocks: Sequence[tuple[int, bytes]]) -> list[list[TracedCall] | None]:
        """The calls of each block (number and hash), as they were made; None where it has other blocks.

        Only blocks with transactions are to be asked for: where `trace_block` has nothing (as for the block
        that anvil forked at), geth's traces are asked for as well.
        """
        found = self._all_flat(blocks) if self.gives_flat else [[] for _ in blocks]
        missing = [block for block, calls in zip(blocks, found, strict=True) if calls == []]
        nested = iter(self._all_nested(missing) if missing else [])
        return [next(nested) if calls == [] else calls for calls in found]

    def _all_flat(self, blocks: Sequence[tuple[int, bytes]]) -> list[list[TracedCall] | None]:
        replies = self._ask([("trace_block", [hex(number)]) for number, _ in blocks])
        if any(reply.error is not None and reply.error.lacks_method for reply in replies):
            self.gives_flat = False
            return [[] for _ in blocks]
        both = zip(blocks, replies, strict=True)
        return [self._flat_calls(reply, block_hash) for (_, block_hash), reply in both]

    def _all_nested(self, blocks: Sequence[tuple[int, bytes]]) -> list[list[TracedCall] | None]:
        calls: list[Call] = [
            ("debug_traceBlockByHash", ["0x" + block_hash.hex(), {"tracer": "callTracer"}])
            for _, block_hash in blocks
        ]
        replies = self._ask(calls)
        if any(reply.error is not None and reply.error.lacks_method for reply in replies):
            raise self._bad("has neither trace_block nor debug_traceBlockByHash: read it without --traces")
        return [self._nested_calls(reply) for reply in replies]

    def _flat_calls(self, reply: Reply, block_hash: bytes) -> list[TracedCall] | None:
        traces = self._flat(reply)
        at = "0x" + block_hash.hex()
        if traces is None or any((trace.block_hash or "").lower() != at for trace in traces):
            return None
        return list(flat_calls(traces))

    def _nested_calls(self, reply: Reply) -> list[TracedCall] | None:
        traces = self._nested(reply)
        if traces is None:
            return None
        given = [trace or NestedTrace() for trace in traces]
        for trace in given:
            if trace.result is None and trace.error:
                why = shown(str(trace.error.get("message") if isinstance(trace.error, dict) else trace.error))
                told = (
                    f"could not trace a transaction ({why}): read it without --traces, or name another node"
                )
                raise self._bad(told)
        return list(nested_calls(given))
