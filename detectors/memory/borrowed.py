"""Arrays that kernels hand on without counting who holds them.

numba counts the holders of every array of a tuple at each call that the tuple goes to, atomically: for the
fifty of a graph that is ten times what the call itself does. Whoever called the kernel holds them anyway.
"""

from __future__ import annotations

from typing import Any

from detectors.memory.compiled import cgutils, intrinsic, types


def _borrowed(_: Any, bundle: Any) -> Any:
    """For numba: what such a call returns, and how it is made."""

    def lend(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        members = cgutils.unpack_tuple(builder, arguments[0])  # type: ignore[no-untyped-call]
        lent = [_lent(context, builder, *pair) for pair in zip(bundle.types, members, strict=True)]
        return context.make_tuple(builder, signature.return_type, lent)

    return bundle(bundle), lend


borrowed: Any = intrinsic(_borrowed)
"""borrowed(bundle) in a kernel: the same tuple of arrays, while the caller of the kernel holds them."""


def _lent(context: Any, builder: Any, kind: Any, member: Any) -> Any:
    if not isinstance(kind, types.Array):
        return member
    array = context.make_array(kind)(context, builder, member)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)  # type: ignore[no-untyped-call]
    return array._getvalue()
