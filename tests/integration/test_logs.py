"""The log and the figures hold nothing that a person sent: values are planted wherever one can send any, and looked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.house import CARRIER
from fakes.village import PHONE, Village, village

CANARY = "kanarienvogel-4711"


def test_nothing_that_was_sent_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with village(tmp_path) as v:
        _plant(v)
        monkeypatch.setattr(v.site.house.service.workers, "submit_rows", _stumble)
        assert v.site.post_event(v.good()).status_code == 500
        monkeypatch.undo()
        metrics, log = v.site.http.get("/metrics").text, v.site.log.getvalue()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines if line["event"] == "defect"], "nothing was logged at all"
    for text in (log, metrics):
        assert CANARY not in text
        assert PHONE not in text
        assert "127.0.0.1" not in text


def _plant(v: Village) -> None:
    http, row = v.site.http, v.good()
    headers = {"user-agent": CANARY, "referer": f"https://{CARRIER}/{CANARY}", "cookie": CANARY, "x-forwarded-for": CANARY}
    for path in (f"/{CANARY}", f"/v1/products/{CANARY}", f"/v1/couriers?q={CANARY}&page={CANARY}", f"/v1/events/{CANARY}"):
        http.get(path, headers=headers)
    http.post("/v1/events", content=CANARY.encode(), headers=headers | {"content-type": f"text/{CANARY}"})
    for body in (CANARY.encode(), json.dumps({CANARY: CANARY}).encode(), row.replace(b"PICKED_UP", CANARY.encode())):
        assert v.site.post_event(body).status_code >= 400
        assert v.site.post_lines(body, row).status_code == 200
    text = {"pointer": f"/body/{CANARY}", "salt": CANARY, "value": CANARY}
    assert v.site.post_event(v.carrier.line(v.scan(), open=[text])).status_code >= 400


def _stumble(*_: object) -> None:
    raise KeyError(CANARY)
