"""The rest of a source that an earlier run had begun with."""

from collections.abc import Iterator

from edge.cameras.camera import Camera
from edge.frame import Frame, Unreadable
from edge.log import Unfinished


class ResumedCamera(Camera):
    """Another camera's frames without those that the runs before have logged, known by number and name."""

    def __init__(self, camera: Camera, unfinished: Unfinished) -> None:
        self._camera, self._names = camera, unfinished.names
        self.description, self.live = camera.description, camera.live
        count = camera.frame_count
        self.frame_count = None if count is None else max(0, count - len(self._names))

    def frames(self) -> Iterator[Frame | Unreadable]:
        """The frames that nobody has logged, in order, once."""
        for item in self._camera.frames():
            if self._names.get(item.seq) != item.name:
                yield item

    def close(self) -> None:
        """Closes the other camera."""
        self._camera.close()
