"""A stretch of address space that is reserved once and filled as it is used, by plain memory or by files.

Arrays over it never move, so a kernel can hold them for ever and nothing is copied when a table or a history
grows: growing an array of a million rows by copying stops detection for 0.2 to 0.4 s.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import sys
import weakref
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detectors.memory.errors import MemoryFull

PAGE = mmap.PAGESIZE
LARGE_FROM = 4 << 20
"""Bytes from which on something is worth large pages."""

_LARGE_PAGE = 2 << 20
_FIXED = 0x10
_NO_RESERVE = 0x4000 if sys.platform == "linux" else 0x40
_RESERVED = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
_USABLE = mmap.PROT_READ | mmap.PROT_WRITE
_NOTHING = 0
_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_long,
)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class Region:
    """`size` bytes of addresses. With `for_files` they cannot be touched before a file is put there."""

    def __init__(self, size: int, for_files: bool = False) -> None:
        self.size = pages(size)
        protection = _NOTHING if for_files else _USABLE
        try:
            self._address = _mapped(None, self.size, protection, _RESERVED, -1)
        except MemoryFull:
            # Addresses of engines that nobody uses any more are given back when Python finds that out.
            gc.collect()
            self._address = _mapped(None, self.size, protection, _RESERVED, -1)
        weakref.finalize(self, _libc.munmap, self._address, self.size).atexit = False

    def array(self, kind: DTypeLike, width: int = 0) -> NDArray[Any]:
        """All of it as [size] or [rows, width] items; it keeps the region alive."""
        self.__array_interface__ = {
            "version": 3,
            "typestr": np.dtype(kind).str,
            "shape": (self.size // np.dtype(kind).itemsize,),
            "data": (self._address, False),
        }
        flat = np.asarray(self)
        return flat[: flat.size // width * width].reshape(-1, width) if width else flat

    def put_file(self, at: int, file: int, length: int) -> None:
        """Lets the bytes from `at` on be those of a file, given by its descriptor; both sides see each
        write.
        """
        _mapped(self._address + at, length, _USABLE, mmap.MAP_SHARED | _FIXED, file)

    def put_memory(self, at: int, length: int) -> None:
        """Lets the bytes from `at` on be plain memory, all zero."""
        _mapped(self._address + at, length, _USABLE, _RESERVED | _FIXED, -1)

    def take_away(self, at: int, length: int) -> None:
        """What was put there is gone; the addresses stay reserved."""
        _mapped(self._address + at, length, _NOTHING, _RESERVED | _FIXED, -1)

    def in_large_pages(self, at: int, end: int) -> None:
        """Asks for pages of 2 MiB between two addresses, as they are used: random touches of a million rows
        take half the time, since the processor finds more of their pages in its tables. A system that has
        none, or wants none to be used, goes on with small ones.
        """
        begin = -(-(self._address + at) // _LARGE_PAGE) * _LARGE_PAGE
        length = self._address + min(end, self.size) - begin
        if length >= _LARGE_PAGE and hasattr(mmap, "MADV_HUGEPAGE"):
            _libc.madvise(begin, length, mmap.MADV_HUGEPAGE)

    def release(self, at: int, length: int) -> None:
        """Gives plain memory back to the system; it reads as zero from then on."""
        if length > 0:
            _libc.madvise(self._address + at, length, mmap.MADV_DONTNEED)


def pages(size: int) -> int:
    """`size` in whole pages."""
    return -(-size // PAGE) * PAGE


def _mapped(address: int | None, length: int, protection: int, flags: int, file: int) -> int:
    got: int | None = _libc.mmap(address, length, protection, flags, file, 0)
    if got is None or got == _FAILED:
        reason = os.strerror(ctypes.get_errno())
        raise MemoryFull(
            f"the system refuses {length / 2**20:,.0f} MiB of address space ({reason}): "
            "lower the caps of the tables, or raise the limit of virtual memory (ulimit -v)"
        )
    return got
