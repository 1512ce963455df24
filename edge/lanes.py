"""Where frames wait between two threads: few at a time, in order, none silently gone."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from edge.frame import Frame, U8Image, Unreadable
from edge.skips import OVERTAKEN

# Frames given up that wait for a network that hangs; beyond, they are only counted. A minute at 30 frames a second.
_MAX_WAITING = 1800

T = TypeVar("T")


class LaneEndedError(Exception):
    """Nothing more comes out of a lane."""


class Lane(Generic[T]):
    """At most `size` items between one thread that puts and one that iterates. Who puts waits for room.

    Iterating ends when the putting thread has said `end`, and raises what ended it; or after `close`.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: deque[T] = deque()
        self._taken: T | None = None
        self._changed = threading.Condition()
        self._ended = self._closed = False
        self._error: BaseException | None = None

    def put(self, item: T) -> bool:
        """Whether somebody will take it. After `close` it is kept for `rest`."""
        with self._changed:
            self._make_room()
            self._items.append(item)
            self._changed.notify_all()
            return not self._closed

    def await_room(self) -> bool:
        """Waits until `put` would not; whether somebody will take what comes."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room())
            return not self._closed

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more will be put, because of `error` where there is one."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more will be taken: whoever waits on either side goes on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def rest(self) -> list[T]:
        """What nobody is done with, in order: the item in work, until the next is asked for, then those that wait."""
        with self._changed:
            return [*([] if self._taken is None else [self._taken]), *self._items]

    def get(self, timeout_s: float | None = None) -> T | None:
        """The oldest item, None where none came in time. At the end raises what ended it, then `LaneEndedError`."""
        with self._changed:
            self._taken = None
            self._changed.wait_for(lambda: self._items or self._ended or self._closed, timeout_s)
            if self._items and not self._closed:
                self._taken = self._items.popleft()
                self._changed.notify_all()
                return self._taken
            if self._error is not None and not self._closed:
                error, self._error = self._error, None
                raise error
            if self._ended or self._closed:
                raise LaneEndedError
            return None

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        try:
            item = self.get()
        except LaneEndedError:
            raise StopIteration from None
        assert item is not None, "without a time limit something comes, or the end"
        return item

    def __len__(self) -> int:
        """How many wait."""
        return len(self._items)

    def _has_room(self) -> bool:
        return len(self._items) < self.size

    def _make_room(self) -> None:
        self._changed.wait_for(lambda: self._closed or self._has_room())


class LiveLane(Lane[Frame | Unreadable]):
    """Of a camera that does not wait: where `size` frames wait already, the oldest is given up and stays as a note.

    Notes that nobody takes become a number in `lost_before` of the next.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        # The last picture that came, the small one where there is one: for viewing.
        self.newest: U8Image | None = None

    def put(self, item: Frame | Unreadable) -> bool:
        if isinstance(item, Frame):
            self.newest = item.pixels if item.small is None else item.small
        return super().put(item)

    def __len__(self) -> int:
        return sum(isinstance(item, Frame) for item in self._items)

    def _has_room(self) -> bool:
        return True

    def _make_room(self) -> None:
        items = self._items
        if len(self) >= self.size and not self._closed:
            oldest, frame = next((i, item) for i, item in enumerate(items) if isinstance(item, Frame))
            items[oldest] = frame.given_up(OVERTAKEN)
        if len(items) >= _MAX_WAITING:
            first = items.popleft()
            items[0] = replace(items[0], lost_before=items[0].lost_before + first.lost_before + 1)


def pour(source: Iterable[T], lane: Lane[T]) -> None:
    """A thread's whole work: all of `source` into `lane`, then its end, with what broke the source.

    The next is asked for only when there is room for it, and none is held here: frames are large.
    """
    try:
        items = iter(source)
        while lane.await_room():
            try:
                lane.put(next(items))
            except StopIteration:
                break
    except BaseException as broke:  # noqa: BLE001  # raised again by the thread that takes
        lane.end(broke)
    else:
        lane.end()
