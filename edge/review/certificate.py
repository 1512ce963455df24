"""A certificate of one's own, for those who have none: the connection is secret, and its fingerprint tells whose."""

import hashlib
import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from edge.clock import Clock
from edge.durable import make_folder, write_durably
from edge.errors import AccessError

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName

VALID = timedelta(days=825)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """PEM files."""

    certificate: Path
    key: Path

    def fingerprint(self) -> str:
        """SHA-256 as browsers show it. Raises `AccessError`."""
        try:
            der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text(encoding="ascii"))
        except (OSError, ValueError) as wrong:
            raise AccessError(f"{self.certificate} must be a certificate (PEM); it is not: {wrong}") from wrong
        digest = hashlib.sha256(der).hexdigest().upper()
        return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))

    def check(self) -> None:
        """Raises `AccessError` unless the key belongs to the certificate."""
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as wrong:
            raise AccessError(
                f"a certificate and its key are PEM files that fit each other; {self.certificate} and {self.key} "
                f"do not: {wrong}"
            ) from wrong


def own_certificate(folder: Path, names: tuple[str, ...], clock: Clock) -> CertificateFiles:
    """The certificate in `folder`, made for these names and addresses where it is not there. Raises `AccessError`."""
    files = CertificateFiles(certificate=folder / "review-certificate.pem", key=folder / "review-key.pem")
    if not (files.certificate.is_file() and files.key.is_file()):
        try:
            _make(files, names, clock)
        except OSError as failed:
            raise AccessError(f"a certificate could not be kept in {folder}: {failed.strerror or failed}") from failed
    files.check()
    return files


def _make(files: CertificateFiles, names: tuple[str, ...], clock: Clock) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hairline's review page")])
    now = clock.utc()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A rover's clock may be behind the phone's, or ahead of it.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    make_folder(files.key.parent)
    files.key.parent.chmod(0o700)
    descriptor = os.open(files.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
    write_durably(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _name(name: str) -> "GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
