"""One connected page: obey its messages, train in turns with the other pages, and send it frames as it can show them.

A page says when it has shown a frame, and gets none before; so frames never queue up, and it always gets the newest.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect

from ganbench.errors import RunError, UserError
from ganbench.playground import messages
from ganbench.playground.catalogue import Catalogue
from ganbench.playground.limits import PlaygroundLimits
from ganbench.playground.pace import Pace
from ganbench.playground.training import Training
from ganbench.playground.view import Frame
from ganbench.utils.error_text import one_line

_T = TypeVar("_T")
_QUEUE = 4  # messages that are read ahead; the connection holds back the others


class Session:
    """Serves one page until it disconnects or is idle for too long.

    Args:
        socket: The accepted connection.
        catalogue: What the page can choose from.
        worker: The one thread in which everything is trained.
        limits: The limits.
    """

    def __init__(
        self, socket: WebSocket, catalogue: Catalogue, worker: Executor, limits: PlaygroundLimits
    ) -> None:
        self._socket, self._catalogue, self._worker, self._limits = socket, catalogue, worker, limits
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue(_QUEUE)  # None: disconnected
        self._training: Training | None = None
        self._pace = Pace(limits)
        self._running = self._failed = False
        self._pictures: deque[Frame | None] = (
            deque()
        )  # of the present step, still to be shown; None is its end
        self._single = False  # whether the page has asked for the present step alone
        self._ready, self._stale = (
            True,
            False,
        )  # whether the page can take a frame, and has not got the newest
        self._active = time.monotonic()

    async def serve(self) -> None:
        """Serve the page."""
        reader = asyncio.create_task(self._read())
        try:
            await self._send({"type": "hello", **self._catalogue.to_dict()})
            while (text := await self._next_message()) is not None:
                if not text and time.monotonic() - self._active > self._limits.idle_seconds:
                    await self._send({"type": "ended", "message": "this page was idle for too long"})
                    await self._socket.close()
                    return
                try:
                    await (self._obey(text) if text else self._work())
                except (RunError, UserError) as error:  # of the training
                    self._running, self._failed, self._stale = False, True, False
                    self._pictures.clear()
                    await self._send_state(one_line(str(error)))
        except WebSocketDisconnect:
            pass
        finally:
            reader.cancel()

    async def _read(self) -> None:
        """Pass messages to the inbox, which holds only a few."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                await self._inbox.put(None)
                return
            await self._inbox.put(message.get("text") or " ")

    async def _next_message(self) -> str | None:
        """Return the next message, or an empty one when something else is to be done; None after the last."""
        delay = self._delay()
        if delay <= 0 and self._inbox.empty():
            return ""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(delay, 0)):
                return await self._inbox.get()
        return ""

    def _delay(self) -> float:
        """Return the seconds until something is to be done without a message."""
        delays = [self._active + self._limits.idle_seconds - time.monotonic() + 0.01]
        if self._is_training():
            delays.append(self._pace.seconds_to_step())
        if self._may_show():
            delays.append(self._pace.seconds_to_frame())
        return min(delays)

    def _is_training(self) -> bool:
        """Whether a step, or a picture of the present one, will be due without a message."""
        return self._running or (self._single and bool(self._pictures))

    def _may_show(self) -> bool:
        """Whether the page lacks the end of the present step, and can take it."""
        return self._training is not None and self._stale and self._ready and not self._pictures

    async def _obey(self, text: str) -> None:
        """Do what a message says; a wrong one gets one sentence."""
        self._active = time.monotonic()
        try:
            if len(text.encode("utf-8", "replace")) > self._limits.message_bytes:
                raise UserError(f"a message may have at most {self._limits.message_bytes:,} bytes")
            await self._dispatch(messages.parse_message(text))
        except UserError as error:
            await self._send({"type": "error", "message": one_line(str(error))})

    async def _dispatch(self, message: messages.Message) -> None:
        match message:
            case messages.Start():
                await self._start(message)
            case messages.Shown():
                self._ready = True
            case messages.Speed():
                self._pace.change(message.steps_per_second, message.phases)
            case messages.Run():
                training = self._require_training()
                self._running = not self._failed and (bool(self._pictures) or not training.finished)
                self._pace.restart()
                await self._send_state()
            case messages.Pause():
                self._running = False
                await self._send_state()
            case messages.Step():
                await self._step_once()
            case messages.ChangeRates():
                self._require_training().change_rates(message.rates)
            case messages.ShowAverage():
                self._require_training().view.shows_average = message.shown
                self._stale = True
            case messages.Save():
                await self._send({"type": "recipe", **self._require_training().save()})

    def _require_training(self) -> Training:
        if self._training is None:
            raise UserError('nothing has been started yet; send a message of type "start" first')
        return self._training

    async def _start(self, message: messages.Start) -> None:
        """Replace the training; if the new one is refused, the old one stays."""
        recipe = self._catalogue.build_recipe(message)
        training = await self._compute(lambda: Training(recipe, message.seed))
        self._training, self._running, self._failed = training, False, False
        self._pictures.clear()
        self._stale = True
        summary = {"recipe": recipe.name, "steps": recipe.schedule.steps, "seed": message.seed}
        await self._send({"type": "started", **summary, **training.view.describe()})
        await self._send_state()

    async def _step_once(self) -> None:
        """Train one step and stop; or if the pictures of a step are still being shown, go to its end."""
        training = self._require_training()
        self._running, self._single = False, True
        if self._pictures:
            self._pictures.clear()
        elif not self._failed:
            await self._step(training)
        await self._send_state()

    async def _work(self) -> None:
        """Train for a turn, and send a frame, if it is time for either.

        Raises:
            RunError: The training has diverged.
            UserError: The parts of the recipe do not fit together.
        """
        training = self._require_training()
        if self._is_training() and self._pace.seconds_to_step() <= 0:
            if self._pictures:
                await self._show_picture(training)
            else:
                await self._step(training, for_a_turn=self._pace.full_speed)
            if training.finished and self._running and not self._pictures:
                self._running = False
                await self._send_state()
        if self._may_show() and self._pace.seconds_to_frame() <= 0:
            await self._show(training)

    async def _step(self, training: Training, *, for_a_turn: bool = False) -> None:
        """Train one step, or as many as a turn has; at a slow pace, keep pictures of its updates to show them later."""
        self._stale = True
        if for_a_turn:
            await self._compute(lambda: training.advance(seconds=self._limits.slice_seconds))
        elif self._pace.shows_updates and not training.finished:
            self._pictures.extend([*await self._compute(training.advance_by_updates), None])
        else:
            await self._compute(lambda: training.advance(steps=1))
        self._pace.stepped(pictures=len(self._pictures) or 1)

    async def _show_picture(self, training: Training) -> None:
        """Send the next picture of the present step; an update is left out if the page is not ready."""
        frame = self._pictures.popleft()
        self._pace.pictured()
        if frame is None and self._ready:
            await self._show(training)
        elif frame is not None and self._ready:
            self._ready = False
            await self._socket.send_text(await self._compute(frame.to_json))

    async def _show(self, training: Training) -> None:
        """Send a frame of the end of the present step."""
        begun = time.monotonic()
        speed = self._pace.speed(training.trainer.step) if self._running else None
        text = await self._compute(lambda: training.frame(speed).to_json())
        self._stale, self._ready = False, False
        self._pace.framed(begun)
        await self._socket.send_text(text)

    async def _compute(self, function: Callable[[], _T]) -> _T:
        """Call a function in the thread that trains; pages take turns there, in the order in which they ask."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, function)

    async def _send_state(self, message: str = "") -> None:
        training = self._training
        finished = training is not None and training.finished
        state = (
            "failed" if self._failed else "running" if self._running else "finished" if finished else "paused"
        )
        await self._send({"type": "state", "state": state, "message": message})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(message))
