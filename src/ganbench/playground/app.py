"""The web application of the playground: one page, and a connection for each browser that shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse
from starlette.middleware import Middleware

from ganbench.dashboard.guard import Guard
from ganbench.playground.catalogue import Catalogue, read_catalogue
from ganbench.playground.limits import PlaygroundLimits
from ganbench.playground.page import render_page
from ganbench.playground.session import Session
from ganbench.playground.training import Training
from ganbench.serve.access import SUBPROTOCOL, TokenGuard
from ganbench.serve.errors import add_error_handlers

_TRY_AGAIN = 1013  # the code of a websocket that says so


def create_app(
    catalogue: Catalogue | None = None,
    limits: PlaygroundLimits = PlaygroundLimits(),  # noqa: B008 (frozen)
    *,
    token: str | None = None,
    hosts: Collection[str] = (),
) -> FastAPI:
    """Return the application.

    Args:
        catalogue: What a page can choose from; default: everything that is installed.
        limits: The limits.
        token: The token that connections must have, if any.
        hosts: The host names that requests may use; empty for any.
    """
    choices, page, connected = catalogue or read_catalogue(), render_page(), set[Session]()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ThreadPoolExecutor(1, "playground") as worker:
            app.state.worker = worker
            worker.submit(_warm_up, choices)
            yield

    app = FastAPI(
        title="ganbench playground",
        openapi_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(Guard, hosts=hosts, refusal=b"This request is not from the playground's page.\n"),
            Middleware(TokenGuard, token=token),
        ],
    )
    add_error_handlers(app)

    @app.get("/", response_class=HTMLResponse)
    async def show_page() -> str:
        return page

    @app.websocket("/session")
    async def connect(socket: WebSocket) -> None:
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
        if len(connected) >= limits.sessions:
            full = f"{limits.sessions} pages are connected already; close one, and reload this one"
            await socket.send_json({"type": "ended", "message": full})
            await socket.close(_TRY_AGAIN)
            return
        session = Session(socket, choices, app.state.worker, limits)
        connected.add(session)
        try:
            await session.serve()
        finally:
            connected.discard(session)

    return app


def _warm_up(catalogue: Catalogue) -> None:
    """Build a model, so that the first page need not wait until torch has imported what this takes (seconds)."""
    for recipe in list(catalogue.recipes.values())[:1]:
        Training(recipe, seed=0)
