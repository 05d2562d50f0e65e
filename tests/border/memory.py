"""Memory whose misuse shows: it ends where a page ends, and the next page can't be read; after release it can't be read at all."""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections import deque
from dataclasses import dataclass

PAGE = mmap.PAGESIZE
_NONE, _READ_WRITE = 0, 3
_QUARANTINE: deque[tuple[int, int]] = deque()

# Without mmap and mprotect (Windows) a guarded buffer is a plain one: the same tests run, but a read beyond the end isn't certain to crash.
GUARDS = sys.platform != "win32"
if GUARDS:
    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.mmap.restype = ctypes.c_void_p
    _libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    _libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    _libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


@dataclass(frozen=True)
class Misaligned:
    """Bytes to be laid down at an odd address."""

    data: bytes


class Plain:
    """Bytes at an address that is a multiple of 64 (plus one, for `Misaligned`); overwritten when released."""

    def __init__(self, data: bytes | Misaligned) -> None:
        shift, data = (1, data.data) if isinstance(data, Misaligned) else (0, data)
        self._store = ctypes.create_string_buffer(len(data) + 128)
        self.size = len(data)
        self.address = (ctypes.addressof(self._store) + 63) // 64 * 64 + shift
        ctypes.memmove(self.address, data, self.size)

    def kill(self) -> None:
        ctypes.memset(self.address, 0xA5, self.size)


class Guarded:
    """Bytes that end where a page ends, in front of a page that can't be read; unreadable when released."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        pages = (self.size + PAGE - 1) // PAGE + 1
        self._region = pages * PAGE
        start = _libc.mmap(None, self._region, _READ_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        if start in (None, ctypes.c_void_p(-1).value):
            raise MemoryError("mmap")
        self._start = start
        self.address = start + self._region - PAGE - self.size
        ctypes.memmove(self.address, data, self.size)
        self._protect(start + self._region - PAGE, PAGE)

    @staticmethod
    def _protect(start: int, size: int) -> None:
        if _libc.mprotect(start, size, _NONE):
            raise OSError(ctypes.get_errno(), "mprotect")

    def kill(self) -> None:
        self._protect(self._start, self._region)
        _QUARANTINE.append((self._start, self._region))
        if len(_QUARANTINE) > 256:  # an address isn't handed out again at once, so that a late read hits a dead page
            _libc.munmap(*_QUARANTINE.popleft())


def lay_down(data: bytes | Misaligned, guard: bool) -> Plain | Guarded:
    return Guarded(data) if guard and GUARDS and isinstance(data, bytes) else Plain(data)
