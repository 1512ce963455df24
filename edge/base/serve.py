"""Starting a base: its stores, its address, its certificate."""

from dataclasses import dataclass
from pathlib import Path

import uvicorn

from edge.base.app import base_app
from edge.base.pictures import PictureStore
from edge.base.store import Store
from edge.durable import make_folder
from edge.errors import BaseError, ConfigError
from edge.upload_client import is_loopback

TOKENS_FILE = "tokens"
_STOP_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePlan:
    """Where a base keeps things and listens. `database`: `postgresql://...`, else an SQLite file in `data`."""

    data: Path
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = 8443
    certificate: Path | None = None
    key: Path | None = None


def open_store(data: Path, database: str | None) -> Store:
    """The store of the records. Raises `BaseError`."""
    try:
        make_folder(data)
    except OSError as failed:
        raise BaseError(f"{data}: a base keeps its data in a folder: {failed.strerror or failed}") from failed
    if database is None:
        from edge.base.sqlite_store import SqliteStore

        return SqliteStore(data / "base.db")
    if not database.startswith(("postgresql://", "postgres://")):
        raise ConfigError(f"a database is postgresql://USER@HOST/NAME, or not given for SQLite; got '{database}'")
    from edge.base.postgres_store import PostgresStore

    return PostgresStore(database)


def serve(plan: BasePlan) -> None:
    """Serves until SIGTERM or Ctrl-C. Raises `ConfigError` before it listens where tokens would travel in the clear."""
    if not is_loopback(plan.host) and plan.certificate is None:
        raise ConfigError(
            f"tokens travel encrypted: on {plan.host} a base needs --cert FILE and --key FILE; without, it listens on "
            "127.0.0.1 alone"
        )
    for path in (plan.certificate, plan.key):
        if path is not None and not path.is_file():
            raise ConfigError(f"{path}: there is no such file (PEM)")
    store = open_store(plan.data, plan.database)
    try:
        app = base_app(store, PictureStore(plan.data / "pictures"), plan.data / TOKENS_FILE)
        uvicorn.run(
            app,
            host=plan.host,
            port=plan.port,
            ssl_certfile=None if plan.certificate is None else str(plan.certificate),
            ssl_keyfile=None if plan.key is None else str(plan.key),
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_STOP_TIMEOUT_S,
        )
    finally:
        store.close()
