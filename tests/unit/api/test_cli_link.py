"""`suxin link`: what it prints and how it ends."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from suxin.api.cli import app

URI = "https://shop.example/p/01/09501101530003/10/L1/21/Ab3dE5gH7jK?17=261231&src=mail"


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["link", *words])
    return done.exit_code, done.output


def test_a_link_is_read() -> None:
    code, printed = run("parse", URI, "--json")
    assert code == 0
    assert json.loads(printed) == {
        "valid": True,
        "key": ["01", "09501101530003"],
        "qualifiers": [["10", "L1"], ["21", "Ab3dE5gH7jK"]],
        "attributes": [["17", "261231"]],
        "canonical": "https://id.gs1.org/01/09501101530003/10/L1/21/Ab3dE5gH7jK?17=261231",
        "elements": "(01)09501101530003(10)L1(21)Ab3dE5gH7jK(17)261231",
        "item": "/01/09501101530003/21/Ab3dE5gH7jK",
    }
    assert "canonical: https://id.gs1.org/" in run("parse", URI)[1]


def test_what_is_none_is_refused_with_the_reason() -> None:
    code, printed = run("parse", "https://shop.example/01/09501101530004", "--json")
    assert (code, json.loads(printed)) == (1, {"valid": False, "reason": "(01): the check digit does not fit"})
    assert run("parse", "hello") == (
        1,
        "refused: this is no address of a host with a path, without blanks and signs that must be escaped\n",
    )


def test_old_labels_are_taken_when_asked() -> None:
    assert run("parse", "https://a.example/gtin/9501101530003")[0] == 1
    assert run("parse", "https://a.example/gtin/9501101530003", "--lenient")[0] == 0


def test_a_link_is_written() -> None:
    elements = "(21)Ab3dE5gH7jK(01)09501101530003(17)261231"
    assert run("build", elements, "--root", "https://suxin.example") == (
        0,
        "https://suxin.example/01/09501101530003/21/Ab3dE5gH7jK?17=261231\n",
    )
    told = json.loads(run("build", elements, "--json")[1])
    assert told["uri"] == told["canonical"] == "https://id.gs1.org/01/09501101530003/21/Ab3dE5gH7jK?17=261231"


def test_what_cannot_be_written_is_refused() -> None:
    assert run("build", "(21)Ab3dE5gH7jK") == (1, "refused: there is no primary key, as (01) or (00), among the identifiers\n")
    assert run("build", "(01)09501101530003", "--root", "javascript:alert(1)")[0] == 1
    assert run("build", "01 09501101530003")[0] == 1
