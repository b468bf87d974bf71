"""A courier company's credit file, in a book in memory: an authority, the operator, and what is entered about it."""

from __future__ import annotations

from typing import Any

from fakes import credit_bodies as good
from fakes.credit import scored, shunda
from fakes.tale import Tale
from fakes.world import BOOK, Signer

from suxin.courier.publication import publication_body
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry

STATE = {"origin": f"{BOOK}/1", "size": 7, "root": "A" * 43}
DAY = 24 * 3_600_000


def body_of(**facts: Any) -> dict[str, Any]:
    """Body of the rating of the worked example."""
    return publication_body(scored(shunda(book=STATE, table="A" * 43, **facts)))


class File:
    """One courier company and who has to do with its file."""

    def __init__(self) -> None:
        self.tale = Tale()
        self.courier = self.tale.firm("courier")
        self.shop = self.tale.firm("merchant")
        self.rival = self.tale.firm("courier")
        self.platform = self.tale.firm("platform")
        self.office = self.tale.office()
        self.root = self.tale.root

    @property
    def party(self) -> dict[str, str]:
        return {"party": self.courier.actor}

    @property
    def company(self) -> dict[str, str]:
        return {"company": self.courier.actor}

    def wait(self, days: float) -> None:
        self.tale.now += int(days * DAY)

    def say(self, kind: str, body: dict[str, Any], by: Signer | None = None, **more: Any) -> Entry:
        """By the authority unless said otherwise, about the company; None takes a member of the body out."""
        subjects = more.pop("subjects", self.company if kind in ("breach", "check", "traffic", "appeal") else self.party)
        given = {name: value for name, value in body.items() if value is not None}
        return self.tale.say(by or self.office, kind, subjects, given, **more)

    def publish(self, by: Signer | None = None, about: str = "", **changes: Any) -> Entry:
        subjects = {"party": about or self.courier.actor}
        return self.say("publication", body_of() | changes, by or self.root, subjects=subjects)

    def penalty(self, by: Signer | None = None, source: dict[str, str] | None = None, **changes: Any) -> Entry:
        more = {} if source is None else {"source": source}
        return self.say("penalty", good.PENALTY | changes, by, **more)

    def order(self, **changes: Any) -> Entry:
        return self.penalty(**(good.ORDER | changes))

    def notice(self, **changes: Any) -> Entry:
        return self.say("warning", good.NOTICE | changes, self.root)

    def object(self, to: Entry, by: Signer | None = None, **more: Any) -> Entry:
        if any(name.startswith("w:") for name in to.statement.streams):
            more = {"subjects": {}} | more
        return self.say("objection", good.OBJECTION, by or self.courier, ref=to, **more)

    def decide(self, objection: Entry, outcome: str = "upheld", by: Signer | None = None, **changes: Any) -> Entry:
        body = good.DECISION | {"outcome": outcome, "next": good.DECISION["next"] if outcome == "refused" else None}
        about = {} if any(name.startswith("w:") for name in objection.statement.streams) else self.party
        return self.say("objection", body | changes, by, ref=objection, subjects=about)

    def repair(self, of: Entry, by: Signer | None = None, **changes: Any) -> Entry:
        body = good.REPAIR | {"index": of.index, "leaf": b64u(bytes(32)), "partners": [self.platform.actor]} | changes
        return self.say("repair", body, by, ref=of)

    @property
    def entries(self) -> list[Entry]:
        """The company's own stream."""
        stream = f"s:{self.courier.actor}"
        return self.tale.read([stream])[stream]
