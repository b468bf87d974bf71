"""A real book behind a real uvicorn on a free port, everything it logs kept; and a pen that signs any bytes at all."""

from __future__ import annotations

import copy
import io
import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvicorn
from fakes.house import BOOK, Clock, House

from suxin.api.app import create_app
from suxin.api.listening import KEEP_ALIVE_S, bind, log_to_stderr
from suxin.client.signer import uuid7
from suxin.ledger import canonical
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import statement_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text

_NUMBERS = itertools.count(1)
JSON = {"content-type": "application/json"}
NDJSON = {"content-type": "application/x-ndjson"}
Change = Callable[[dict[str, Any]], None]


class Served:
    """A house with a door.

    Attributes:
        house: The book and its clock.
        log: All that the server, its libraries and its warnings wrote.
        http: A client of it.
    """

    def __init__(self, house: House, port: int, log: io.StringIO) -> None:
        self.house = house
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self.http = httpx.Client(base_url=self.url, timeout=30)

    @property
    def written(self) -> int:
        """Leaves that hold something: all but the genesis and the epochs, which a quiet book appends as well."""
        published = self.house.service.sequencer.published
        assert published is not None
        return published.size - published.epoch - 1

    def post_event(self, line: bytes, **headers: str) -> httpx.Response:
        return self.http.post("/v1/events", content=line, headers=JSON | headers)

    def post_lines(self, *lines: bytes, query: str = "", **headers: str) -> httpx.Response:
        return self.http.post(f"/v1/batches{query}", content=b"\n".join(lines), headers=NDJSON | headers)


class Pen:
    """An actor that signs whatever it is told to, right or wrong."""

    def __init__(self, actor: str, seed: int, clock: Clock) -> None:
        self.actor = actor
        self.key = SigningKey(bytes([seed]) * 32)
        self.clock = clock
        self._n = itertools.count(1)

    def members(self, type_name: str, subjects: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """Members of a good statement, with a fresh number and id."""
        now = self.clock()
        return {
            "actor": self.actor,
            "at": moment_text(now),
            "body": copy.deepcopy(body),
            "book": BOOK,
            "id": uuid7(now, next(_NUMBERS).to_bytes(10, "big")),
            "key": b64u(self.key.key_id),
            "n": next(self._n),
            "subjects": dict(subjects),
            "type": type_name,
            "v": 1,
        }

    def raw(self, type_name: str, subjects: dict[str, Any], body: dict[str, Any], change: Change | None = None) -> bytes:
        """Canonical bytes of a statement, after a change that may well spoil it."""
        members = self.members(type_name, subjects, body)
        if change is not None:
            change(members)
        return canonical.dump(members)

    def line(self, raw: bytes, **members: Any) -> bytes:
        """A row with those very bytes and this key's signature over them."""
        signature = members.pop("signature", b64u(self.key.sign_statement(raw)))
        more = b"".join(b',"%s":%s' % (name.encode(), canonical.dump(value)) for name, value in members.items())
        return b'{"statement":%s,"signature":%s%s}' % (raw, canonical.dump(signature), more)

    def register(self, role: str) -> bytes:
        body = {"event": "register", "role": role, "key": self.key.public_text}
        return self.line(self.raw("actor", {"party": self.actor}, body))


def hash_of(raw: bytes) -> str:
    """Name of a statement."""
    return b64u(statement_hash(raw))


@contextmanager
def kept_log() -> Iterator[io.StringIO]:
    """Keep what would go to standard error: our own log as `suxin serve` sets it up, and every library's."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore")))  # the client's, not the server's
    root = logging.getLogger()
    before = root.level
    real, sys.stderr = sys.stderr, stream
    try:
        log_to_stderr()
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        yield stream
    finally:
        sys.stderr = real
        root.removeHandler(handler)
        root.setLevel(before)
        structlog.reset_defaults()


@contextmanager
def served(folder: Path, **more: Any) -> Iterator[Served]:
    """Serve a new sandbox book under a folder until the block ends, as `suxin serve` does."""
    with kept_log() as log, House(folder, **more) as house, bind("127.0.0.1", 0) as listener:
        # Hundreds of requests, one after another, would each wait for the pace that epochs keep under load.
        house.service.sequencer.waitline.interval_s = 0
        config = uvicorn.Config(
            create_app(house.service), log_config=None, access_log=False, server_header=False, timeout_keep_alive=KEEP_ALIVE_S
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 20
            while not server.started and time.monotonic() < deadline:
                time.sleep(0.01)
            site = Served(house, listener.getsockname()[1], log)
            with site.http:
                yield site
        finally:
            server.should_exit = True
            thread.join(20)
