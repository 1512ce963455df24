"""What every source of frames offers to the loop."""

from abc import abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from edge.frame import Frame, Unreadable


class Camera(Protocol):
    """A source of frames, closed at the end of a `with` block.

    `description` says what it is, for the log. `frame_count` is how many frames it announces; None where it
    cannot know or never ends. A `live` one does not wait: frames that nobody takes in time are gone.
    """

    description: str
    frame_count: int | None
    live: bool = False

    @abstractmethod
    def frames(self) -> Iterator[Frame | Unreadable]:
        """Every frame in order, once; an `Unreadable` for each that could not be delivered.

        Raises `SourceError` where nothing more can come although more should have.
        """

    @abstractmethod
    def close(self) -> None:
        """Gives the source back. May be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
