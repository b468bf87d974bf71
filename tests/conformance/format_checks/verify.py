"""The page on verification: its example is what the code writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from suxin.ledger.audit_report import AuditReport, Finding, Holes, report_json


def report(text: str, _shown: Mapping[str, str]) -> None:
    value = orjson.loads(text)
    found = tuple(
        Finding(one["code"], one["detail"], one.get("index"), one.get("table", ""), one.get("key", ""))
        for one in value["findings"]
    )
    made = AuditReport(
        origin=value["origin"], log_key=value["log_key"], size=value["size"], signed_size=value["signed_size"],
        epochs=value["epochs"], entries=value["entries"], batches=value["batches"], streams=value["streams"],
        first=min(found, key=lambda one: one.index or 0), findings=found, findings_total=value["findings_total"],
        not_understood=value["not_understood"],
        holes=tuple(Holes(one["key"], one["missing"], tuple(map(tuple, one["ranges"]))) for one in value["holes"]),
        holes_total=value["holes_total"], notices=tuple(value["notices"]), log_keys=tuple(value["log_keys"]),
    )  # fmt: skip
    assert orjson.dumps(report_json(made)) + b"\n" == text.encode()


CHECKS: dict[str, Callable[[str, Mapping[str, str]], None]] = {"verify.report": report}
