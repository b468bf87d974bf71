"""What the public writes, over HTTP: texts that deceive and floods are refused, and nothing of them is written."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from fakes.served import Pen
from fakes.village import ITEM, Village, village

from suxin.api.allowance import LIMITS, Allowance
from suxin.ledger.commitment import commit
from suxin.ledger.encoding import b64u


@pytest.fixture(scope="module")
def v(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as found:
        yield found


def complaint(pen: Pen, text: str = "") -> bytes:
    """A complaint about the item, by anybody."""
    body = {"category": "quality", "against": "seller"}
    if not text:
        return pen.line(pen.raw("complaint", {"item": ITEM}, body))
    salt = secrets.token_bytes(32)
    body["text"] = b64u(commit(salt, "complaint", "/body/text", text))
    opening = {"pointer": "/body/text", "salt": b64u(salt), "value": text}
    return pen.line(pen.raw("complaint", {"item": ITEM}, body), open=[opening])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" ", "text-empty"),
        ("bell \x07", "text-control"),
        ("right \u202eleft", "text-direction"),
        ("好" + "\u200b" * 400, "text-invisible"),
        ("q\u0301\u0378", "text-form"),  # a browser with a newer Unicode may refuse the whole bundle for it
    ],
)
def test_a_text_that_deceives_is_not_written(v: Village, text: str, code: str) -> None:
    before = v.site.written
    answer = v.site.post_event(complaint(v.stranger, text))
    assert answer.status_code == 422
    assert answer.json()["type"] == f"/problems/{code}"
    assert answer.json()["pointer"] == "/open/0/value"
    assert text.strip() == "" or text not in answer.text
    lines = v.site.post_lines(complaint(v.stranger, text), complaint(v.stranger, "好")).json()
    assert [row["outcome"] for row in lines["rows"]] == ["refused", "recorded"]
    assert v.site.written == before + 1


def test_a_flood_of_one_key_ends_and_the_server_says_when_it_goes_on(v: Village) -> None:
    v.site.house.service.allowance = Allowance()
    lines = [complaint(v.stranger) for _ in range(LIMITS["key"].burst)]
    v.site.post_lines(*lines).raise_for_status()
    before = v.site.written
    answer = v.site.post_event(complaint(v.stranger))
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    problem = answer.json()
    assert (problem["type"], problem["limit"]) == ("/problems/too-often", "key")
    assert v.site.post_lines(complaint(v.stranger)).status_code == 429
    assert v.site.written == before
    v.site.post_event(v.good()).raise_for_status()  # a registered actor is not held up by it
    v.site.post_event(complaint(v.buyer)).raise_for_status()


def test_guesses_at_a_code_end(v: Village) -> None:
    v.site.house.service.allowance = Allowance()
    body = {"owner": v.stranger.key.public_text}
    for _ in range(LIMITS["tries"].burst):
        guess = v.site.post_event(v.stranger.line(v.stranger.raw("claim", {"item": ITEM}, body)))
        assert guess.json()["type"] == "/problems/no-authority"
    end = v.site.post_event(v.stranger.line(v.stranger.raw("claim", {"item": ITEM}, body)))
    assert (end.status_code, end.json()["limit"]) == (429, "tries")
