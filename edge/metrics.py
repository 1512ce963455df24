"""The status as Prometheus text, and the small HTTP server that a Prometheus on the rover's network may ask.

https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
"""

import logging
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

from edge.errors import LogError
from edge.status import Status

_log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_REQUEST_TIMEOUT_S = 10.0
_ESCAPES = MappingProxyType({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def prometheus(status: Status) -> str:
    """The metrics; what is not known is left out."""
    p, find = status.progress, status.progress.last_find
    rows: list[tuple[str, str, str, float | None]] = [
        ("running", "gauge", "1 while a run goes on and says so", status.state == "running"),
        ("frames_per_second", "gauge", "frames inspected, over ten seconds", status.frames_per_s),
        ("frames_inspected_total", "counter", "frames inspected in this run", p.inspected),
        ("frames_skipped_total", "counter", "frames read and not inspected", p.skipped),
        ("frames_standing_still_total", "counter", "frames not inspected, because the rover stood", p.standing_still),
        ("frames_dropped_total", "counter", "frames overtaken by newer ones", p.dropped),
        ("frames_lost_total", "counter", "frames that the camera lost", p.lost),
        ("finds_total", "counter", "finds in this run", p.finds),
        ("queue_frames", "gauge", "frames that wait", p.queued),
        ("queue_size_frames", "gauge", "frames that may wait", p.queue_size),
        ("silent_seconds", "gauge", "since the run last said anything", status.silent_s),
        ("last_find_score", "gauge", "the latest find's score, a probability", None if find is None else find.score),
        (
            "last_find_timestamp_seconds",
            "gauge",
            "when the latest find was seen",
            None if find is None else datetime.fromisoformat(find.t_utc).timestamp(),
        ),
        ("temperature_celsius", "gauge", "the hottest thermal zone", status.temperature_c),
        (
            "throttled",
            "gauge",
            "1 while the Pi's firmware reports low voltage, heat or throttling",
            bool(status.throttled),
        ),
        ("disk_free_bytes", "gauge", "free where the log lies", status.free_bytes),
        ("clock_synchronised", "gauge", "1 where the clock follows a reference", status.clock_synchronised),
    ]
    text = []
    for name, kind, says, value in rows:
        if value is not None:
            text.append(
                f"# HELP hairline_{name} {says}\n# TYPE hairline_{name} {kind}\nhairline_{name} {float(value)!r}\n"
            )
    if status.run_id is not None:
        labels = f'run="{_escaped(status.run_id)}",source="{_escaped(status.source or "")}",state="{status.state}"'
        text.append(
            f"# HELP hairline_run_info which run\n# TYPE hairline_run_info gauge\nhairline_run_info{{{labels}}} 1.0\n"
        )
    return "".join(text)


def metrics_server(address: tuple[str, int], look: Callable[[], Status]) -> ThreadingHTTPServer:
    """A server of `/metrics`, bound and not yet serving. Raises `OSError` for an address that is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_TIMEOUT_S

        def do_GET(self) -> None:  # http.server's name
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404, "only /metrics is here")
                return
            try:
                body = prometheus(look()).encode()
            except (LogError, OSError) as failed:
                self.send_error(503, "the status cannot be read", str(failed))
                return
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            _log.debug(format, *args)

    server = ThreadingHTTPServer(address, Handler)
    server.daemon_threads = True
    return server


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(c, c) for c in value)
