"""A demo world behind a real server that may lie: what it sends can be edited on its way out, page by page."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fakes.house import BOOK, settings

from suxin.api.app import create_app
from suxin.api.filling import WorldClock, fill, write
from suxin.api.service import Service
from suxin.api.serving import bind
from suxin.client.demo_stage import Stage
from suxin.client.demo_world import MOVING, build_world, sights, start_of

NOW = 1_795_305_600_000
Edit = Callable[[str], str]


@dataclass
class Editor:
    """The server's other face.

    Attributes:
        url: Where it is.
        paths: Pages worth opening, by what they show.
        now_ms: What its clock says.
        service: The honest book behind it.
        stage: The world it tells, for what is to come.
        clock: The book's clock.
        edits: By the end of a path, how its answer is edited.
        extra: Answers of its own, by path: type and body.
    """

    url: str
    paths: dict[str, str]
    now_ms: int
    service: Service
    stage: Stage
    clock: WorldClock
    edits: dict[str, Edit] = field(default_factory=dict)
    extra: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def go_on(self) -> None:
        """Let the parcel that is on its way be scanned once more, a minute later."""
        self.now_ms += 60_000
        self.clock.set(self.now_ms)
        step = self.stage.hurry(MOVING, self.now_ms)
        assert step is not None
        # Playwright keeps an event loop running in the test's own thread.
        with ThreadPoolExecutor(1) as beside:
            beside.submit(asyncio.run, write(self.service, [step])).result()


class _Lying:
    """An ASGI application around an honest one."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.editor: Editor | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        editor = self.editor
        path = scope.get("path", "")
        if editor is None or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if path in editor.extra:
            kind, body = editor.extra[path]
            await _answer(send, {"status": 200, "headers": [(b"content-type", kind.encode())]}, body)
            return
        edit = next((edit for end, edit in editor.edits.items() if path.endswith(end)), None)
        if edit is None:
            await self.app(scope, receive, send)
            return
        started: dict[str, Any] = {}
        parts: list[bytes] = []

        async def keep(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                parts.append(message.get("body", b""))

        scope = scope | {"headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
        await self.app(scope, receive, keep)
        before = b"".join(parts).decode()
        after = edit(before)
        assert after != before, "the edit found nothing to edit"
        await _answer(send, started, after.encode())


async def _answer(send: Any, started: dict[str, Any], body: bytes) -> None:
    headers = [pair for pair in started["headers"] if pair[0] not in (b"content-length", b"cache-control")]
    headers += [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": started["status"], "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def editing(folder: Path) -> Iterator[Editor]:
    """Fill a book with the demo world's promised situations and serve it until the block ends."""
    clock = WorldClock(start_of(NOW))
    with closing(Service(settings(folder), clock)) as service, bind("127.0.0.1", 0) as listener:
        stage = build_world(BOOK, NOW, scale=0.0, randomness=random.Random(1).randbytes)
        asyncio.run(fill(service, clock, stage, NOW))
        lying = _Lying(create_app(service))
        config = uvicorn.Config(lying, log_config=None, access_log=False, server_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 20
            while not server.started and time.monotonic() < deadline:
                time.sleep(0.01)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            paths = {name: sight.path for name, sight in sights(stage).items()}
            lying.editor = Editor(url, paths, clock(), service, stage, clock)
            yield lying.editor
        finally:
            server.should_exit = True
            thread.join(20)
