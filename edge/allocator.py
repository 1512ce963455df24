"""How the C library gets and keeps memory. A frame is megabytes, and a rover has few of them."""

import ctypes

# The dense call walks through tens of megabytes of pointers and maps; pages of 2 MB make it a tenth quicker. The C
# library reads this when a process starts, so whoever starts one sets it (glibc 2.35 and later).
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}

_M_ARENA_MAX = -8  # of glibc's <malloc.h>


def share_one_heap() -> None:
    """Makes all threads share one heap; to be called before they start. Else each keeps as much as it ever held.

    Where the C library is not glibc, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
