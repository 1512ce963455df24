"""Fixtures of the tests of the base: a PostgreSQL server of our own, and an empty store of each kind."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_base_samples import STARTED_S

from edge.base.serve import open_store
from edge.base.store import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own, with a database; skipped openly where none is installed."""
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    initdb = next((path for path in found if path), None)
    if initdb is None:
        pytest.skip("needs a PostgreSQL server (initdb)")
    programs = Path(initdb).resolve().parent
    # It refuses to run as root, and another user cannot see below root's own temporary folder.
    folder = Path(tempfile.mkdtemp(prefix="hairline-pg-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    try:
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", "hairline", "-A", "trust", "-E", "UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
        )
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="],
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"postgresql://hairline@/postgres?host={folder}"
            until = time.monotonic() + STARTED_S
            while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
                assert time.monotonic() < until, "the server does not start"
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(STARTED_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    database = None
    if request.param == "postgres":
        import psycopg

        database = request.getfixturevalue("postgres")
        with psycopg.connect(database) as connection:
            connection.execute("DROP TABLE IF EXISTS places, records")
    opened = open_store(tmp_path / "base", database)
    yield opened
    opened.close()
