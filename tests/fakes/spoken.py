"""A served book in which persons have left something: words in a review and a complaint, an order's and a parcel's number."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from fakes.house import CARRIER, Firm, expect_recorded
from fakes.served import JSON, Served, served
from fakes.world import company
from sqlalchemy import make_url

from suxin.client.statement import Draft, Signed
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text
from suxin.ledger.statement import Statement

SHOP = f"uscc:{company(1)}"
CLASS = "/01/06901234567892"
ITEM = f"{CLASS}/21/SERIAL000001"
WAYBILL = f"{CARRIER[5:]}/{'x' * 22}"
WORDS = "火腿太咸了，孩子哭了一夜。"
ANGER = "他们骂我，还扔了箱子。"
ORDER, NUMBER = "order-7788-3312", "SF1234567890123"


class Spoken:
    """The book, who is in it, and what lies beside it.

    Attributes:
        secrets: Value and salt of everything that went into the vault, by the statement's type.
    """

    def __init__(self, site: Served) -> None:
        self.site = site
        self.service = site.house.service
        self.secrets: dict[str, tuple[bytes, bytes]] = {}
        self.shop = site.house.firm(SHOP, "merchant", 1)
        self.carrier = site.house.firm(CARRIER, "courier", 2)
        self.office = site.house.firm("auth:market:330700", "regulator", 3)
        self.her, self.box, self.other = (self._nobody(seed) for seed in (21, 22, 23))
        title = {"event": "open", "title": {"en": "Ham"}, "category": "food", "price_minor": 100, "currency": "CNY"}
        self.say(self.shop, "listing", {"offer": SHOP + CLASS}, title)
        self.say(self.shop, "item", {"item": ITEM}, {})
        sale = {"price_minor": 100, "currency": "CNY", "claim": self.her.actor[5:]}
        about = {"item": ITEM, "offer": SHOP + CLASS}
        self.sale = self.say(self.shop, "sale", about, sale, {"/body/order": ORDER})
        parcel = {"contents": {"count": 1, "root": "A" * 43}, "origin": "330702", "destination": "310115"}
        parcel["claim"] = self.box.actor[5:]
        self.consign = self.say(self.shop, "consign", {"waybill": WAYBILL}, parcel, {"/body/number": NUMBER})
        self.review = self.say(self.her, "review", about, {"kind": "first", "stars": 2}, {"/body/text": WORDS})
        wrong = {"category": "attitude", "against": "carrier"}
        self.complaint = self.say(self.other, "complaint", {"waybill": WAYBILL}, wrong, {"/body/text": ANGER})

    def _nobody(self, seed: int) -> Firm:
        return Firm(self.site.house, f"anon:{SigningKey(bytes([seed]) * 32).public_text}", seed)

    def sign(self, by: Firm, kind: str, subjects: Any, body: Any, secrets: Any = None, ref: Statement | None = None) -> Signed:
        return by.signer.sign(Draft(kind, moment_text(self.site.house.clock()), subjects, body, secrets or {}, ref))

    def say(self, by: Firm, kind: str, subjects: Any, body: Any, secrets: Any = None, ref: Statement | None = None) -> Statement:
        signed = self.sign(by, kind, subjects, body, secrets, ref)
        for opening in signed.openings:
            self.secrets[kind] = (opening.value.encode(), opening.salt)
        expect_recorded(self.site.house.post([signed]))
        return signed.statement

    def ask(self, by: Firm, of: Statement, address: str = "/v1/erasures", **body: str) -> httpx.Response:
        """Have an erasure signed and posted."""
        signed = self.sign(by, "erasure", {}, {"ground": "request"} | body, ref=of)
        return self.site.http.post(address, content=signed.line(), headers=JSON)

    def shown(self) -> bytes:
        """All that anybody may be shown of the item and the parcel."""
        paths = (
            ITEM, f"/w/{WAYBILL}", f"/v1/products{ITEM}", f"/v1/products{ITEM}/bundle", f"/v1/waybills/{WAYBILL}",
            f"/v1/waybills/{WAYBILL}/bundle",
        )  # fmt: skip
        return b"".join(self.site.http.get(path, headers={"accept": "*/*"}, follow_redirects=True).content for path in paths)

    def page(self, path: str) -> str:
        """A page as a browser gets it."""
        headers = {"accept": "text/html", "accept-language": "zh-CN"}
        return self.site.http.get(path, headers=headers, follow_redirects=True).text

    def forms(self, of: Statement) -> dict[str, bytes]:
        """Each form in which a value of a statement lies anywhere: plain, salt, sealed, and the key that opens it."""
        (sealed,) = self.service.book.sealed(of.hash).values()
        (held,) = self.service.vault.keys.values(of.hash)
        key = self.service.vault.keys.get(of.hash, held.pointer)
        assert key is not None
        value, salt = self.secrets[of.type]
        return {"value": value, "salt": salt, "sealed": sealed, "key": key}


@contextmanager
def spoken(folder: Path, **more: Any) -> Iterator[Spoken]:
    """Serve such a book until the block ends."""
    with served(folder, **more) as site:
        yield Spoken(site)


def bytes_under(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def backup(url: str, folder: Path, out: Path) -> Path:
    """A backup as docs/operations.md makes it: SQLite's own copy, or a dump of PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(str(parsed.database))) as book:
            book.execute("VACUUM INTO ?", (str(out),))
        return out
    server = str(parsed.query["host"])
    with out.open("wb") as file:
        words = [_program("pg_dump"), "-h", server, "-U", "postgres", "--inserts", str(parsed.database)]
        subprocess.run(words, stdout=file, check=True, timeout=30)
    return out


def put_back(dump: Path, url: str) -> None:
    """Restore a dump into an empty database, as its administrator."""
    parsed = make_url(url)
    with dump.open("rb") as file:
        words = [_program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-h", str(parsed.query["host"]), "-U", "postgres"]
        subprocess.run([*words, str(parsed.database)], stdin=file, stdout=subprocess.DEVNULL, check=True, timeout=60)


def _program(name: str) -> Path:
    from rig.postgres import installed

    return installed() / "pginstall18/bin" / name


def let_go(url: str) -> None:
    """As PostgreSQL's administrator: log a new segment and let the old ones go, as time would."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return
    with psycopg.connect(host=str(parsed.query["host"]), user="postgres", dbname=parsed.database, autocommit=True) as connection:
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")


def fresh_copy(folder: Path, into: Path) -> Path:
    """A data folder as it is now, elsewhere."""
    shutil.copytree(folder, into)
    return into
