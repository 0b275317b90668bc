"""The web application: pages, middlewares and error handlers."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.middleware import Middleware

from ganbench.dashboard.guard import Guard
from ganbench.serve.access import TokenGuard
from ganbench.serve.errors import add_error_handlers
from ganbench.serve.limits import BodyLimit, Limits
from ganbench.serve.openapi import complete_schema
from ganbench.serve.routes import Service, router
from ganbench.serve.served_model import ServedModel, ServedModels
from ganbench.serve.telemetry import RequestTimer, Telemetry

_DECODERS = 2  # large uploads that are decoded at once
_FOREIGN = b'{"error":"this request is for another host, or from a page of another site"}'


def create_app(
    models: Sequence[ServedModel],
    telemetry: Telemetry,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    *,
    token: str | None = None,
    hosts: Collection[str] = (),
) -> FastAPI:
    """Return the application. When it ends, it computes what waits, and closes the batchers.

    Args:
        models: The models.
        telemetry: The numbers that ``/metrics`` shows.
        limits: The limits of a request.
        token: The token that requests must have, if any.
        hosts: The host names that requests may use; empty for any.

    Raises:
        UserError: Two models have one name.
    """
    served = ServedModels(models)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = Service(served, limits, telemetry, CapacityLimiter(_DECODERS))
        yield
        for model in served:
            await to_thread.run_sync(model.batcher.close)

    app = FastAPI(
        title="ganbench",
        summary="Trained GANs over HTTP",
        description="Samples, interpolations, encodings and translations of trained models. /models lists them.",
        version=importlib.metadata.version("ganbench"),
        docs_url=None,  # FastAPI's pages load scripts from other servers
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(Guard, hosts=hosts, refusal=_FOREIGN, media_type=b"application/json"),
            Middleware(RequestTimer, telemetry=telemetry),
            Middleware(TokenGuard, token=token),
            Middleware(BodyLimit, limits=limits),
        ],
    )
    app.include_router(router)
    add_error_handlers(app)
    app.openapi_schema = complete_schema(app.openapi(), served, limits)
    return app
