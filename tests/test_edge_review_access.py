"""Who may look: passwords, links, sessions, certificates, and the command that starts it all."""

import http.client
import io
import ssl
import stat
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

import pytest
from edge_review_samples import make_log, serving_process

from edge.clock import ManualClock
from edge.errors import AccessError, LogError
from edge.review import access
from edge.review.access import Doors, hash_password, password_fits, store_password, stored_password
from edge.review.certificate import CertificateFiles, own_certificate
from edge.review.server import Address
from edge.verbs.review import VERB

NOW = ManualClock(now_utc=datetime.now(UTC))


def review(*words: object) -> int:
    parser = ArgumentParser()
    VERB.configure(parser)
    return VERB.run(parser.parse_args([str(word) for word in words]))


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_password_is_kept_as_a_hash_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "password"
    assert stored_password(path) is None
    store_password("correct horse battery", path)
    first = stored_password(path)
    store_password("correct horse battery", path)
    second = stored_password(path)
    assert first is not None
    assert second is not None
    assert "horse" not in first
    assert first != second
    for hashed in (first, second):
        assert password_fits("correct horse battery", hashed)
        assert not password_fits("correct horse batterz", hashed)
        assert not password_fits("x" * 10_000, hashed)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_hash_is_scrypt_as_its_parameters_say(tmp_path: Path) -> None:
    """Against the cryptography package's scrypt."""
    del tmp_path
    import base64

    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    scheme, n, r, p, salt, derived = hash_password("correct horse battery").split("$")
    assert scheme == "scrypt"
    other = Scrypt(salt=base64.b64decode(salt), length=32, n=int(n), r=int(r), p=int(p))
    other.verify(b"correct horse battery", base64.b64decode(derived))


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_that_is_none(password: str) -> None:
    with pytest.raises(AccessError, match="10 to 200 characters"):
        hash_password(password)


@pytest.mark.parametrize("hashed", ["", "plain", "scrypt$2$1$1$AA==$AA==", "scrypt$x$8$3$AA==$AA=="])
def test_a_stored_password_that_is_none_is_said(hashed: str) -> None:
    with pytest.raises(AccessError, match="--set-password"):
        password_fits("correct horse battery", hashed)


def test_a_link_opens_once_and_not_for_ever() -> None:
    seconds = Seconds()
    doors = Doors(seconds=seconds)
    link, other = doors.new_link(), doors.new_link()
    assert not doors.use_link("guess")
    assert doors.use_link(link)
    assert not doors.use_link(link)
    seconds.now = access.LINK_S + 1
    assert not doors.use_link(other)


def test_sessions_end() -> None:
    seconds = Seconds()
    doors = Doors(seconds=seconds)
    used, idle = doors.begin("Ann"), doors.begin("Bob")
    assert (doors.name_of(used), doors.name_of("guess"), doors.name_of(None)) == ("Ann", None, None)
    while seconds.now < access.SESSION_S - 3600:
        seconds.now += 3600
        assert doors.name_of(used) == "Ann"
    assert doors.name_of(idle) is None
    seconds.now = access.SESSION_S + 1
    assert doors.name_of(used) is None
    third = doors.begin("Cem")
    doors.end(third)
    assert doors.name_of(third) is None


def test_wrong_answers_have_to_wait() -> None:
    seconds = Seconds()
    doors = Doors(seconds=seconds)
    for _ in range(access.TRIES_ONE):
        assert doors.wait_s("a") == 0
        doors.wrong("a")
    assert doors.wait_s("a") == access.TRIES_S
    assert doors.wait_s("b") == 0
    seconds.now += access.TRIES_S
    assert doors.wait_s("a") == 0
    for n in range(access.TRIES_ALL):
        doors.wrong(f"address {n}")
    assert doors.wait_s("yet another") > 0


def test_a_certificate_is_made_once_and_fits_its_names(tmp_path: Path) -> None:
    files = own_certificate(tmp_path / "own", ("localhost", "127.0.0.1"), NOW)
    assert own_certificate(tmp_path / "own", ("other",), NOW).fingerprint() == files.fingerprint()
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert len(files.fingerprint()) == 32 * 3 - 1
    other = own_certificate(tmp_path / "other", ("localhost",), NOW)
    with pytest.raises(AccessError, match="fit each other"):
        CertificateFiles(certificate=files.certificate, key=other.key).check()
    with pytest.raises(AccessError, match="must be a certificate"):
        CertificateFiles(certificate=files.key, key=files.key).fingerprint()


def test_off_loopback_it_is_encrypted_and_asks_who_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_log(tmp_path / "log")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    with serving_process(tmp_path / "log", "--host", "0.0.0.0") as (server, process):
        assert process.stdout is not None
        fingerprint = process.stdout.readline().rpartition(" ")[2].strip()
        link = process.stdout.readline().rpartition(" ")[2].strip()
        files = CertificateFiles(
            certificate=tmp_path / "settings" / "hairline" / "review-certificate.pem",
            key=tmp_path / "settings" / "hairline" / "review-key.pem",
        )
        assert fingerprint == files.fingerprint()
        assert "/signin#" in link
        trusting = ssl.create_default_context(cafile=str(files.certificate))
        connection = http.client.HTTPSConnection("localhost", server.port, timeout=30, context=trusting)
        connection.request("GET", "/api/log")
        assert connection.getresponse().status == 401
        connection.close()


def test_what_cannot_be_served_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(AccessError, match="give its folder"):
        review()
    with pytest.raises(LogError, match="there is no file"):
        review(tmp_path / "nowhere")
    make_log(tmp_path / "log")
    with pytest.raises(AccessError, match="give both"):
        review(tmp_path / "log", "--host", "0.0.0.0", "--key", tmp_path / "key.pem")
    with pytest.raises(AccessError, match="an address of this machine"):
        review(tmp_path / "log", "--host", "192.0.2.77", "--port", "0")
    with pytest.raises(SystemExit):
        review(tmp_path / "log", "--port", "70000")
    with Address(host="127.0.0.1", port=0).listen() as taken:
        taken.listen()
        with pytest.raises(AccessError, match="choose another with --port"):
            review(tmp_path / "log", "--port", taken.getsockname()[1])


def test_the_password_is_set_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert review("--set-password") == 0
    hashed = stored_password(tmp_path / "hairline" / "review-password")
    assert hashed is not None
    assert password_fits("correct horse battery", hashed)
    assert "horse" not in capsys.readouterr().out
