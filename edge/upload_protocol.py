"""What rover and base say to each other (docs/adr/0007-rover-to-base.md): records and their keys, pictures in pieces.

    GET  /v1/logs/{log}                       -> {"revision": the highest that the base has of this log}
    POST /v1/logs/{log}/missing  {key: sha256} -> {"missing": [key, ...]}
    POST /v1/logs/{log}/records  {"records": [Record, ...]} -> {"stored": n}
    GET  /v1/pictures/{sha256}                -> {"received": bytes, "complete": true or false}
    PUT  /v1/pictures/{sha256}?offset=N&size=TOTAL, a piece as the body -> the same

Every request carries `Authorization: Bearer TOKEN`; the token says which rover it is. 409 from PUT means another offset
than the base has, and says which; 422 that the content is not what its sum says.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CHUNK_BYTES = 256 * 1024
BATCH_RECORDS = 200
BATCH_BYTES = 1_000_000
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_PICTURE_BYTES = 512 * 1024 * 1024
FILES = "files/"
SHA256 = re.compile(r"[0-9a-f]{64}")
LOG_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of a log's table, or that it is gone (`content` None). A higher revision replaces a lower one.

    `key`: the table and the row's primary key as JSON, `frames/["run", 3]`; or `files/` and a picture's path.
    """

    key: str
    revision: int
    content: str | None

    @property
    def sha256(self) -> str:
        """Of the content in UTF-8, in hexadecimal digits; of nothing where it is gone."""
        return hashlib.sha256(b"" if self.content is None else self.content.encode()).hexdigest()

    def write(self) -> dict[str, Any]:
        return {"key": self.key, "revision": self.revision, "sha256": self.sha256, "content": self.content}

    @classmethod
    def read(cls, value: Any) -> "Record":
        """What `write` wrote. Raises `ValueError` for anything else, a wrong sum included."""
        if not isinstance(value, dict) or set(value) != {"key", "revision", "sha256", "content"}:
            raise ValueError("a record has key, revision, sha256 and content")
        key, revision, content = value["key"], value["revision"], value["content"]
        if not isinstance(key, str) or not 0 < len(key) <= 1000 or "\0" in key:
            raise ValueError("a record's key is a text of at most 1000 characters")
        # SQLite and PostgreSQL both have 64 bits.
        if isinstance(revision, bool) or not isinstance(revision, int) or not 0 < revision < 2**63:
            raise ValueError(f"record {key}: a revision is a whole number from 1")
        if content is not None and not isinstance(content, str):
            raise ValueError(f"record {key}: content is a text or null")
        record = cls(key=key, revision=revision, content=content)
        if record.sha256 != value["sha256"]:
            raise ValueError(f"record {key}: its SHA-256 is not that of its content")
        return record


def row_key(table: str, primary_key: Sequence[str | int]) -> str:
    """The key of a row."""
    return f"{table}/{json.dumps(list(primary_key))}"


def row_content(row: Mapping[str, Any]) -> str:
    """A row as JSON, always the same for the same row; bytes as {"base64": text}."""
    plain = {
        name: {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value
        for name, value in row.items()
    }
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def file_content(sha256: str, size_bytes: int) -> str:
    """What the record of a picture says."""
    return json.dumps({"bytes": size_bytes, "sha256": sha256}, sort_keys=True)
