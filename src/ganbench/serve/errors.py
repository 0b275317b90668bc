"""Answer every error as JSON with one sentence. No traceback leaves the server."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ganbench.errors import NotFiniteError, UserError
from ganbench.serve.batching import QueueFullError, StoppedError
from ganbench.serve.schemas import Error
from ganbench.utils.error_text import one_line

#: What every route may answer besides its result, for the schema.
STATUSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Error, "description": description}
    for status, description in (
        (400, "The request is no proper HTTP, or its form is damaged."),
        (401, "The token is missing or wrong."),
        (403, "The request is from another site."),
        (404, "There is no such model."),
        (408, "The request's body arrives too slowly."),
        (413, "The request or an image is too large."),
        (422, "A parameter is wrong, or the model cannot do this."),
        (429, "The queue is full; the header Retry-After says when to try again."),
        (500, "The server has failed."),
        (503, "The server is stopping."),
    )
}
_CLIENT_CLOSED = 499  # nobody reads it; the usual number in logs and metrics


class ClientGoneError(Exception):
    """The client has closed the connection."""


def error_response(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an error as JSON with one sentence."""
    return JSONResponse({"error": one_line(message)}, status, headers)


def add_error_handlers(app: FastAPI) -> None:
    """Make an application answer errors as this module does."""
    for kind, handler in (
        (UserError, _user_error),
        (NotFiniteError, _not_finite),
        (QueueFullError, _queue_full),
        (StoppedError, _stopped),
        (ClientGoneError, _client_gone),
        (RequestValidationError, _invalid),
        (HTTPException, _http_error),
        (Exception, _unexpected),
    ):
        app.add_exception_handler(kind, handler)


async def _user_error(request: Request, error: Exception) -> JSONResponse:
    return error_response(422, str(error))


async def _not_finite(request: Request, error: Exception) -> JSONResponse:
    return error_response(500, str(error))


async def _queue_full(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QueueFullError)
    return error_response(429, str(error), {"Retry-After": str(error.retry_after)})


async def _stopped(request: Request, error: Exception) -> JSONResponse:
    return error_response(503, str(error), {"Retry-After": "10"})


async def _client_gone(request: Request, error: Exception) -> JSONResponse:
    return error_response(_CLIENT_CLOSED, "the client has closed the connection")


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return error_response(422, describe_invalid(error.errors()))


def describe_invalid(errors: Sequence[Any]) -> str:
    """Return the first of pydantic's errors as a sentence; a form is its "body"."""
    first = errors[0]
    name = ".".join(map(str, first["loc"])).removeprefix("body.")
    if first["type"] == "missing":
        return f"{name} is missing"
    message = first["msg"]
    return f"{name}: {message[:1].lower()}{message[1:]}"


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.detail != HTTPStatus(error.status_code).phrase:
        message = str(error.detail)
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"{request.url.path} does not take {request.method}"
    else:
        message = f"there is no page {request.url.path}; / lists them"
    return error_response(error.status_code, message, dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return error_response(500, "the server has failed; its log says why")
