"""How the C library gets and keeps memory. A frame is megabytes, and a rover has few of them."""

import ctypes

# The dense call walks through tens of megabytes of pointers and maps; pages of 2 MB make it a tenth quicker. The C
# library reads this when a process starts, so whoever starts one sets it (glibc 2.35 and later).
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's <malloc.h>
_LARGE = 16 << 20  # bytes: a frame of 12 megapixels; one of 1080p would cost 3 ms of page faults to save 2 MB


def share_one_heap() -> None:
    """Makes all threads share one heap, with frames beside it; to be called before they start.

    Else each thread keeps as much as it ever held, and a heap that held frames is never given back.

    Where the C library is not glibc, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _LARGE)  # 128 kB where only the other is set: every frame would fault anew
