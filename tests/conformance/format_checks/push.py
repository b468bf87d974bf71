"""docs/formats/push.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fakes.filing import File

from suxin.api.pushing import pushes
from suxin.courier.dossier import dossier_of
from suxin.ledger import canonical


def example(text: str, _: Mapping[str, str]) -> None:
    """Canonical, and with exactly the members of a push that is made."""
    value = json.loads(text)
    assert canonical.dump(value).decode() == text.strip()
    file = File()
    file.notice()
    file.repair(file.penalty())
    made = {
        json.loads(one.raw)["event"]: json.loads(one.raw) for one in pushes(dossier_of(file.entries, file.tale.now), "b", "c")
    }
    assert set(made[value["event"]]) == set(value)


CHECKS = {"push.repair": example, "push.warning": example}
