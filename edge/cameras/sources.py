"""From what a user calls a source to the camera that reads it."""

from dataclasses import asdict
from functools import partial
from pathlib import Path

from edge.cameras.camera import Camera
from edge.clock import Clock
from edge.config import CameraConfig
from edge.errors import SourceError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
MAY_BE = (
    "a source is a picture, a folder of pictures, a video file, 'wall' or 'wall:SEED' (a rendered wall with "
    "known cracks), or 'picamera' (the Raspberry Pi's camera); a file that is called so is './wall'"
)


def is_live(source: str) -> bool:
    """Whether `source` names a camera that does not wait for anybody."""
    return source == "picamera"


def open_source(source: str, *, clock: Clock, settings: CameraConfig | None = None) -> Camera:
    """The camera that `source` names. Raises `SourceError` that says what a source may be.

    `settings` are for the Pi's camera; nothing else has any to set.
    """
    if is_live(source):
        from edge.cameras.picamera import PiCamera, PiCameraSettings
        from edge.cameras.restarting import RestartingCamera

        chosen = {} if settings is None else asdict(settings)
        pi = PiCameraSettings(**{name: value for name, value in chosen.items() if value is not None})
        # The camera says itself that no frame came; who watches it waits a moment longer, for one that hangs.
        return RestartingCamera(partial(PiCamera, pi, clock=clock), clock=clock, stall_s=pi.patience_s() + 0.1)
    if source == "wall" or source.startswith("wall:"):
        return _rendered_wall(source, clock)
    path = Path(source)
    try:
        # Path("") is the working directory, which nobody means by an empty name.
        is_folder, is_file = bool(source) and path.is_dir(), path.is_file()
    except (OSError, ValueError) as impossible:
        raise SourceError(f"'{source}' cannot be opened ({impossible}): {MAY_BE}") from impossible
    if is_folder or (is_file and path.suffix.lower() in PICTURE_SUFFIXES):
        from edge.cameras.images import FolderCamera, PictureCamera

        return (FolderCamera if is_folder else PictureCamera)(path, clock=clock)
    if is_file:
        from edge.cameras.video import VideoCamera

        return VideoCamera(path, clock=clock)
    found = "is neither a file nor a folder" if path.exists() else "does not exist"
    raise SourceError(f"'{source}' {found}: {MAY_BE}")


def _rendered_wall(source: str, clock: Clock) -> Camera:
    from edge.cameras.calibrated import CalibratedCamera
    from edge.cameras.wall import WallCamera
    from edge.render.layout import DEMO_SEED, demo_wall
    from edge.render.wall import render_wall

    _, given, seed = source.partition(":")
    # isdecimal() also accepts digits of other scripts, and int() reads them; 18 digits fit an SQLite integer.
    if given and not (seed.isdecimal() and len(seed) <= 18):
        raise SourceError(f"a wall's seed is a whole number such as 'wall:{DEMO_SEED}'; got '{source}': {MAY_BE}")
    camera = WallCamera(render_wall(demo_wall(int(seed) if given else DEMO_SEED)), clock=clock)
    return CalibratedCamera(camera, camera.calibration, camera.scale_spec, poses=camera)
