"""The invented worlds whose pages `bench/screens.py` shows: the demo's, and one of a courier company with a published rating."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from fakes.credit_bodies import PENALTY, REPAIR
from fakes.house import CARRIER, Clock
from fakes.page_editor import NOW, Editor, editing
from fakes.rated import Rated
from fakes.served import served

from suxin.api.demo_ratings import publish_ratings
from suxin.api.recompute import recompute
from suxin.courier.dossier import dossier_of
from suxin.courier.rulebook import rule_set
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import leaf_hash

TOKEN = "of an auditor who exists for these pictures only"  # noqa: S105


class World(Protocol):
    """A served book: where it is, pages worth opening by what they show, and what its clock says."""

    url: str
    paths: dict[str, str]
    now_ms: int


@dataclass
class Town:
    """The world of a courier company with a published rating."""

    url: str
    paths: dict[str, str]
    rated: Rated

    @property
    def now_ms(self) -> int:
        """Of the book."""
        return int(self.rated.house.clock.now)


@contextmanager
def demo(folder: Path) -> Iterator[Editor]:
    """The demo's world with ratings of its couriers, and an auditor's credential."""
    with editing(folder) as world:
        settings = world.service.settings
        auditors = settings.data / "keys" / "auditors"
        auditors.parent.mkdir(parents=True, exist_ok=True)
        auditors.write_text(f"{sha256(TOKEN.encode()).hexdigest()} the market office\n")
        publish_ratings(world.service, world.stage)
        yield world


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """A company of 330 parcels whose rating was published twice."""
    with served(folder, clock=Clock(NOW)) as site:
        rated = Rated(site.house)
        rated.carry()
        rated.publish(2)
        rated.publish(10)
        yield Town(site.url, {}, rated)


def punish(world: World) -> None:
    rated = world.rated  # type: ignore[attr-defined]
    rated.write(rated.office, [rated.office.draft("penalty", {"party": CARRIER}, **PENALTY)])
    rated.publish(1)


def repair(world: World) -> None:
    rated = world.rated  # type: ignore[attr-defined]
    book = rated.house.service.book
    filed = recompute(rated.house.service.settings.url, rated.uscc, rule_set()).filed
    (order,) = (found.entry for found in dossier_of(filed, rated.house.clock.now).public_findings)
    body = REPAIR | {"index": order.index, "leaf": b64u(leaf_hash(book.leaf(order.index))), "ground": "law"}
    del body["partners"]
    said = rated.office.draft("repair", {"party": CARRIER}, **body)
    rated.write(rated.office, [replace(said, ref=order.statement)])
    rated.publish(1)
