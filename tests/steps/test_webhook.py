"""How a chat is told, and that nothing breaks when it cannot be."""

import re

import pytest
from pydantic import SecretStr

from silencio.steps.webhook import LONGEST, post
from tests.steps.chats import chatting


def test_a_message_arrives_as_chats_take_it() -> None:
    with chatting() as chat:
        assert post(SecretStr(chat.address), "tiny: passed.")
    assert chat.heard == [{"text": "tiny: passed."}]


def test_a_long_message_is_cut() -> None:
    with chatting() as chat:
        post(SecretStr(chat.address), "x" * (LONGEST + 1))
    assert len(chat.heard[0]["text"]) == LONGEST


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_chat_that_does_not_take_it_is_said_in_the_log(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with chatting(status) as chat:
        assert not post(SecretStr(chat.address), "tiny: failed.")
    assert f"127.0.0.1 does not take the message: it answers {status}." in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:9/services/secret", r"does not answer \(ConnectError\)"),
        ("http://chat.example.org/services/secret", "is no https address"),
        ("ftp://127.0.0.1/secret", "is no https address"),
        ("secret", "is no https address"),
        ("https://[secret", r"does not answer \(ValueError\)"),
    ],
)
def test_an_address_where_nobody_can_be_told_is_said_in_the_log_and_not_shown(
    address: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert not post(SecretStr(address), "tiny: passed.")
    assert re.search(said, caplog.text)
    assert "secret" not in caplog.text
