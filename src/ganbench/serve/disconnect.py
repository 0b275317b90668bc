"""Wait for results as long as the client is there; if it goes, its task is removed from the queue."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request
from torch import Tensor

from ganbench.serve.batching import Batcher, StoppedError, Task
from ganbench.serve.errors import ClientGoneError


async def compute(request: Request, batcher: Batcher, task: Task) -> Tensor:
    """Return the results of a task.

    Raises:
        ClientGoneError: The client has closed the connection.
        QueueFullError: Too much work waits.
        StoppedError: The server is stopping, or has stopped before there were results.
        HTTPException: The request has a body that is too large or too slow, though it needs none.
    """
    future = batcher.submit(task)
    results = asyncio.wrap_future(future)
    gone = asyncio.ensure_future(_disconnect(request))
    gone.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # none is left unread
    try:
        both: set[asyncio.Future[Any]] = {results, gone}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if results.done():
            return results.result()
        gone.result()
        raise ClientGoneError
    except asyncio.CancelledError as error:  # it took longer than a server that stops allows
        raise StoppedError("the server has stopped") from error
    finally:
        future.cancel()
        gone.cancel()


async def _disconnect(request: Request) -> None:
    """Return when the connection is closed."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
