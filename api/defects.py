"""The last net under a request: a defect of ours is logged by type and place, and answered as a problem.

Never logged and never answered: the error's words, the locals, the path's end and the body. Any of them may hold what a
person wrote. Starlette's own net answers as well, but it raises the error again, and the web server then prints it whole.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("suxin")

Answer = Callable[[Request], Response]
_HOUSE: Final = Path(__file__).parents[1]


def place_of(error: BaseException) -> list[str]:
    """Where an error went through this house, outermost first: file, line and function, without values."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_HOUSE)]
    return [f"{Path(frame.filename).relative_to(_HOUSE)}:{frame.lineno} {frame.name}" for frame in ours]


class Defects:
    """ASGI middleware around the routes.

    Args:
        app: What it guards.
        answer: Makes the answer for a request that failed.
    """

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun: list[bool] = []
        try:
            await self._app(scope, receive, _noting(send, begun))
        except Exception as error:
            log.error("defect", kind=type(error).__name__, where=place_of(error), cause=_cause(error))
            # An answer that has begun cannot be taken back; left incomplete, the web server cuts the connection.
            if not begun:
                await self._answer(Request(scope))(scope, receive, send)


def _cause(error: BaseException) -> str | None:
    return None if error.__cause__ is None else type(error.__cause__).__name__


def _noting(send: Send, begun: list[bool]) -> Callable[[Message], Awaitable[None]]:
    async def note(message: Message) -> None:
        begun.append(True)
        await send(message)

    return note
