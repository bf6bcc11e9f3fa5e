"""What is asked over a network that fails, and of hosts that are not what they seem."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pipelines.platform.login import Login
from pipelines.platform.schedules import schedules
from silencio.errors import SilencioError, WrongUse
from silencio.serving.process import free_port
from silencio.settings import Kubeflow as Settings
from tests.pipelines.conftest import hurried, reach
from tests.pipelines.kubeflow_server import Kubeflow, serving

TROUBLE = ["500", "502", "503", "504", "429", "drop", "late drop", "cut", "hang"]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("kind", TROUBLE)
def test_a_question_is_asked_again_until_it_is_answered(kubeflow: Kubeflow, kind: str) -> None:
    client = hurried(kubeflow, kind)
    kubeflow.fault(kind, "GET /apis/v2beta1/experiments", times=2)
    assert schedules(client) == []
    assert kubeflow.asked.count("GET /apis/v2beta1/experiments") >= 3


@pytest.mark.usefixtures("soon")
def test_a_server_that_asks_for_a_pause_has_it(kubeflow: Kubeflow) -> None:
    client = reach(kubeflow, patience=2)
    kubeflow.fault(429, "GET /apis/v2beta1/experiments", **{"Retry_After": "60"})
    with pytest.raises(SilencioError, match=r"answered 429: it is not a good day\."):
        schedules(client)
    assert kubeflow.asked.count("GET /apis/v2beta1/experiments") == 1


@pytest.mark.usefixtures("soon")
def test_patience_ends_and_says_what_was_heard_last(kubeflow: Kubeflow) -> None:
    client = reach(kubeflow, patience=0.3)
    kubeflow.fault(502, "experiments", times=1000)
    with pytest.raises(
        SilencioError, match=r"^http://127.* answered 502: it is not a good day\. Its own log"
    ) as told:
        schedules(client)
    assert told.value.exit_code == 3


def test_a_host_that_never_was_there_is_not_waited_for() -> None:
    kubeflow = Kubeflow()
    kubeflow.address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(SilencioError, match=r"cannot be reached: .*refused\. Look at the address"):
        reach(kubeflow, patience=100_000)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("401", r"does not know who asks \(401, with no token\).*--token-file"),
        ("403", r"does not allow this \(403, with no token\): it is not a good day\..*--namespace"),
        ("login", r"sends to a page to log in \(/dex/auth\).*--token-file"),
        ("page", r"is not Kubeflow's API: it answered 200 and <html>Welcome</html>"),
        ("404", r"has no /apis/v2beta1/healthz \(404\).*before /apis/v2beta1"),
    ],
)
def test_what_no_patience_mends_is_said_at_once(kubeflow: Kubeflow, kind: str, said: str) -> None:
    kubeflow.fault(kind)
    with pytest.raises(WrongUse, match=said):
        reach(kubeflow)
    assert len(kubeflow.asked) == 1


@pytest.mark.parametrize(
    "host", [None, "", "kubeflow.example.org", "ftp://kubeflow.example.org", "https://", "https://k:port"]
)
def test_a_host_is_named_with_its_scheme(host: str | None) -> None:
    kubeflow = Kubeflow()
    kubeflow.address = host  # type: ignore[assignment]
    with pytest.raises(WrongUse, match=r"https://"):
        reach(kubeflow)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    kubeflow = Kubeflow()
    kubeflow.address = "https://ana:sesame@kubeflow.example.org"
    with pytest.raises(WrongUse, match=r"carries a password\..*--token-file") as told:
        reach(kubeflow)
    assert "sesame" not in str(told.value)


def test_a_cluster_that_people_share_asks_for_a_namespace(kubeflow: Kubeflow) -> None:
    kubeflow.multi_user = True
    with pytest.raises(WrongUse, match=r"no namespace is named\. Say --namespace"):
        reach(kubeflow)
    assert reach(kubeflow, namespace="birds").within == {"namespace": "birds"}


def test_a_token_file_is_read_for_every_request(kubeflow: Kubeflow, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    kubeflow.token = "first"
    client = reach(kubeflow, token_file=file)
    kubeflow.token = "second"
    file.write_text("second\n")
    assert schedules(client) == []


def test_a_token_that_is_refused_is_named_by_its_place_and_never_shown(
    kubeflow: Kubeflow, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("sesame")
    kubeflow.token = "another"
    with pytest.raises(WrongUse, match=rf"401, with the token in {file}") as told:
        reach(kubeflow, token_file=file)
    assert "sesame" not in str(told.value)


def test_in_a_pod_the_token_of_the_cluster_is_found(tmp_path: Path) -> None:
    projected = tmp_path / "token"
    projected.write_text("of-the-pod")
    assert Login(Settings(), projected).shown == f"the token in {projected}"
    assert Login(Settings(token="given"), projected).shown == "the token in SILENCIO_KUBEFLOW_TOKEN"


@pytest.mark.parametrize("content", [b"", b"two words", "schlüssel".encode(), b"\xff"])
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(WrongUse, match="token"):
        Login(Settings(token_file=file))


def test_a_host_is_trusted_only_by_its_certificate(tmp_path: Path) -> None:
    authority = _certificate(tmp_path)
    kubeflow = Kubeflow()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, tmp_path / "key.pem")
    with serving(kubeflow, context) as kubeflow.address:
        with pytest.raises(SilencioError, match=r"is not trusted: .*SILENCIO_KUBEFLOW_CERTIFICATE"):
            reach(kubeflow)
        assert schedules(reach(kubeflow, certificate=authority)) == []
    with pytest.raises(WrongUse, match=r"key\.pem cannot be read: .*PEM"):
        reach(kubeflow, certificate=tmp_path / "key.pem")
    assert not kubeflow.violations


def _certificate(folder: Path) -> Path:
    """Of 127.0.0.1, signed by nobody else; its key lies beside it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "k")]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path
