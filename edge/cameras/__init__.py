"""Where frames come from: pictures, videos, the Pi's camera, a rendered wall; a file each."""

from edge.cameras.camera import Camera
from edge.cameras.sources import open_source

__all__ = ["Camera", "open_source"]
