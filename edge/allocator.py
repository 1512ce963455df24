"""How the C library keeps memory that was freed. A frame is megabytes, and a rover has few of them."""

import ctypes

_M_ARENA_MAX = -8  # of glibc's <malloc.h>


def share_one_heap() -> None:
    """Makes all threads share one heap; to be called before they start. Else each keeps as much as it ever held.

    Where the C library is not glibc, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
