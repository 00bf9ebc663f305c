"""TLS is verified whatever the environment says, and no credential comes from anywhere but the configuration."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from veaf_sync.clock import SystemClock
from veaf_sync.credentials import Secret
from veaf_sync.errors import Incomplete, Rejected
from veaf_sync.http import Credential, Limits, Session

OPENSSL = shutil.which("openssl")
ANSWER = b"HTTP/1.1 %d Word\r\nContent-Type: application/json\r\nContent-Length: 2\r\n%sConnection: close\r\n\r\n{}"


class Served:
    """A server with TLS (with `certificate`) or without; `heard` is what it was sent, decrypted."""

    def __init__(self, certificate: Path | None = None, address: str = "127.0.0.1") -> None:
        self.heard: list[bytes] = []
        self.answer = ANSWER % (200, b"")
        self._context = None
        if certificate:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server((address, 0))
        self.host = f"{address}:{self._listener.getsockname()[1]}"
        self._over = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
                raw.settimeout(5)
                with self._context.wrap_socket(raw, server_side=True) if self._context else raw as connection:
                    self.heard.append(connection.recv(65536))
                    connection.sendall(self.answer)
            except ssl.SSLError:
                raw.close()
            except OSError:
                if self._over:
                    return

    def close(self) -> None:
        """Ends the thread first: else it could take a connection of whoever gets the same descriptor next."""
        self._over = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A certificate of 127.0.0.1 that signed itself, and one of another name: key and certificate in one file each."""
    if OPENSSL is None:
        pytest.skip("needs openssl: apt-get install openssl")
    made = {}
    for name, subject in (("right", "IP:127.0.0.1"), ("wrong", "DNS:elsewhere.example")):
        path = tmp_path_factory.mktemp("tls") / f"{name}.pem"
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        for_whom = ["-subj", "/CN=test", "-addext", f"subjectAltName={subject}"]
        command = [OPENSSL, "req", "-x509", *kind, *for_whom, "-keyout", f"{path}.key", "-out", f"{path}.crt"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        path.write_text(Path(f"{path}.key").read_text() + Path(f"{path}.crt").read_text())
        made[name] = path
    return made


@pytest.fixture
def served(certificates):
    server = Served(certificates["right"])
    yield server
    server.close()


@pytest.fixture
def session(served, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TLS_TEST_TOKEN", "tls-test-token")
    with Session(clock=SystemClock(), hosts=(served.host,), limits=Limits(retries=0)) as made:
        made.auth = Credential(Secret.parse("env:TLS_TEST_TOKEN"))
        yield made


def test_an_unknown_certificate_is_refused_and_hears_nothing(served, session):
    with pytest.raises(Incomplete, match="certificate is not trusted") as told:
        session.call("GET", f"https://{served.host}/x")
    assert "REQUESTS_CA_BUNDLE" in told.value.fix
    assert served.heard == []


def test_the_organisations_own_certificates_are_taken(served, session, certificates, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{certificates['right']}.crt")
    assert session.call("GET", f"https://{served.host}/x").data == {}
    assert session.get(f"https://{served.host}/x").status_code == 200
    assert all(b"Bearer tls-test-token" in heard for heard in served.heard)


@pytest.mark.parametrize(
    "variables",
    [
        {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
        {"REQUESTS_CA_BUNDLE": "False", "PYTHONHTTPSVERIFY": "0"},
        {"PYTHONHTTPSVERIFY": "0", "SSL_CERT_FILE": "/dev/null", "NODE_TLS_REJECT_UNAUTHORIZED": "0"},
        {"CURL_CA_BUNDLE": "/dev/null"},
    ],
)
def test_no_variable_turns_verification_off(served, session, monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises((Incomplete, Rejected, OSError)):
        session.call("GET", f"https://{served.host}/x")
    with pytest.raises((Incomplete, Rejected, OSError)):
        session.get(f"https://{served.host}/x")
    assert served.heard == []


def test_code_that_turns_verification_off_sends_nothing(served, session):
    for value in (False, None, ""):
        session.verify = value
        with pytest.raises(Rejected, match="without TLS verification"):
            session.call("GET", f"https://{served.host}/x")
    session.verify = True
    with pytest.raises(Rejected, match="without TLS verification"):
        session.get(f"https://{served.host}/x", verify=False)
    assert served.heard == []


def test_a_certificate_of_another_name_is_refused(certificates, monkeypatch):
    server = Served(certificates["wrong"])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{certificates['wrong']}.crt")
    session = Session(clock=SystemClock(), hosts=(server.host,), limits=Limits(retries=0))
    with pytest.raises(Incomplete):
        session.call("GET", f"https://{server.host}/x")
    assert server.heard == []
    server.close()


def test_a_redirect_that_gives_up_tls_is_not_followed(served, session, certificates, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{certificates['right']}.crt")
    served.answer = ANSWER % (307, f"Location: http://{served.host}/plain\r\n".encode())
    with pytest.raises(Incomplete, match="was not followed"):
        session.call("GET", f"https://{served.host}/x")
    assert len(served.heard) == 1


@pytest.mark.parametrize("auth", ["a credential", "none", "taken away", "emptied by a call"])
def test_netrc_supplies_no_credential(monkeypatch, tmp_path, auth):
    server = Served()
    for name in ("netrc", ".netrc", "_netrc"):
        (tmp_path / name).write_text(
            "machine 127.0.0.1 login netrc-user password netrc-word\ndefault login a password b\n"
        )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("TLS_TEST_TOKEN", "tls-test-token")
    with Session(clock=SystemClock(), hosts=(server.host,)) as session:
        if auth == "a credential":
            session.auth = Credential(Secret.parse("env:TLS_TEST_TOKEN"))
        elif auth == "taken away":
            session.auth = None
        session.get(f"http://{server.host}/x", **({"auth": None} if auth == "emptied by a call" else {}))
        session.call("GET", f"http://{server.host}/x")
    server.close()
    assert len(server.heard) == 2
    for heard in server.heard:
        assert (b"Authorization: Bearer tls-test-token" in heard) == (auth == "a credential")
        assert b"Basic" not in heard


RESOLVED = """\
import socket, sys
from veaf_sync.clock import SystemClock
from veaf_sync.errors import VeafSyncError
from veaf_sync.http import Limits, Session

really, named = socket.getaddrinfo, {"intranet.example": "10.1.2.3", "hostile.example": "169.254.169.254",
                                     "six.example": "fd00:ec2::254", "mapped.example": "::ffff:169.254.169.254"}
socket.getaddrinfo = lambda host, *rest, **more: really(named.get(host, host), *rest, **more)
heard = []

def serve(address, family):
    listener = socket.socket(family)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((address, 8080))
    listener.listen()
    while True:
        connection, _ = listener.accept()
        with connection:
            if got := connection.recv(4096):
                heard.append(got)
                connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n"
                                   b"Connection: close\\r\\n\\r\\n{}")

import threading
threading.Thread(target=serve, args=("::", socket.AF_INET6), daemon=True).start()
import time
for host in sys.argv[1:]:
    before = len(heard)
    session = Session(clock=SystemClock(), hosts=(f"{host}:8080",), limits=Limits(retries=3, backoff=0.05))
    try:
        session.call("GET", f"http://{host}:8080/latest/meta-data")
        said = "answered"
    except VeafSyncError as error:
        said = error.message
    print(host, len(heard) - before, said, sep="|")
"""
NETWORK = (
    "ip link set lo up && ip address add 10.1.2.3/32 dev lo && ip address add 169.254.169.254/32 dev lo && "
    'ip -6 address add fd00:ec2::254/128 dev lo nodad && exec "$0" -c "$1" "${@:2}"'
)


def test_a_name_that_leads_to_a_clouds_metadata_is_refused_and_one_on_the_intranet_is_served():
    """In a network of its own that has those addresses; only the literal address, typed as a site, is asked."""
    inside = ["unshare", "--user", "--map-root-user", "--net", "bash", "-c"]
    if not sys.platform.startswith("linux") or not shutil.which("ip") or not shutil.which("unshare"):
        pytest.skip("needs Linux with unshare and ip: apt-get install util-linux iproute2")
    if subprocess.run([*inside, "ip link set lo up"], capture_output=True, timeout=20, check=False).returncode:
        pytest.skip("needs a kernel that lets users have networks of their own")
    hosts = ["intranet.example", "hostile.example", "mapped.example", "six.example", "169.254.169.254"]
    command = [*inside, NETWORK, sys.executable, RESOLVED, *hosts]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    told = dict(line.split("|", 1) for line in ended.stdout.splitlines())
    assert list(told) == hosts, ended.stderr
    assert told["intranet.example"] == "1|answered"
    assert told["169.254.169.254"] == "1|answered"
    for name, address in (("hostile", "169.254.169.254"), ("mapped", "169.254.169.254"), ("six", "fd00:ec2::254")):
        assert told[f"{name}.example"].startswith(
            f"0|A request to {name}.example was refused: the name leads to {address}"
        )
