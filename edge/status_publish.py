"""Publishing the status for as long as the service runs: Prometheus over HTTP, MQTT; never the record."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from edge.config import MetricsConfig, MqttConfig
from edge.errors import ConfigError, HairlineError
from edge.manifest_json import to_plain
from edge.metrics import metrics_server
from edge.status import Status

_log = logging.getLogger(__name__)

_TICK_S = 0.2
_KEEPALIVE_S = 30


def status_json(status: Status) -> str:
    """The status as one line of JSON."""
    return json.dumps({**to_plain(status), "log": str(status.log)}, allow_nan=False)


def publish(
    look: Callable[[], Status],
    *,
    metrics: MetricsConfig | None,
    mqtt: MqttConfig | None,
    stop: Callable[[], bool],
) -> None:
    """Serves and sends until `stop` says so; a log that cannot be read, or a broker that is gone, is waited for.

    Raises `ConfigError` where there is nothing to publish, or what is configured cannot be used.
    """
    if metrics is None and mqtt is None:
        raise ConfigError("publishing needs [metrics] or [mqtt] in the rover.toml; it has neither")
    with ExitStack() as opened:
        if metrics is not None:
            opened.enter_context(_serving(metrics, look))
        send = None if mqtt is None else opened.enter_context(_broker(mqtt))
        due_s = time.monotonic()
        while not stop():
            if mqtt is not None and send is not None and time.monotonic() >= due_s:
                due_s = time.monotonic() + mqtt.every_s
                try:
                    send(status_json(look()))
                except (HairlineError, OSError) as failed:
                    _log.warning("no status to send: %s", failed)
            time.sleep(_TICK_S)


@contextmanager
def _serving(config: MetricsConfig, look: Callable[[], Status]) -> Iterator[None]:
    try:
        server = metrics_server((config.host, config.port), look)
    except OSError as taken:
        raise ConfigError(
            f"[metrics] cannot listen on {config.host}:{config.port}: {taken.strerror or taken}"
        ) from taken
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _broker(config: MqttConfig) -> Iterator[Callable[[str], None]]:
    """A function that sends one retained status; paho connects, and connects again, in a thread of its own."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client: Any = Client(CallbackAPIVersion.VERSION2)
    try:
        if config.user is not None:
            password = None if config.password_file is None else config.password_file.read_text().strip()
            client.username_pw_set(config.user, password)
        if config.ca_file is not None:
            client.tls_set(ca_certs=str(config.ca_file))
    except OSError as unreadable:
        raise ConfigError(f"[mqtt]: {unreadable}") from unreadable
    # What the broker says for us when we are gone without a word.
    client.will_set(config.topic, json.dumps({"state": "offline"}), qos=1, retain=True)
    client.connect_async(config.host, config.port, keepalive=_KEEPALIVE_S)
    client.loop_start()

    def send(text: str) -> None:
        # While there is no connection nothing is kept: an old status is worth nothing.
        if client.is_connected():
            client.publish(config.topic, text, qos=0, retain=True)

    try:
        yield send
    finally:
        client.disconnect()
        client.loop_stop()
