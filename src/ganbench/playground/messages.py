"""What a page may send: one JSON object per message, checked before anything is done with it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ganbench.data.plane import MAX_POINTS
from ganbench.errors import UserError
from ganbench.serve.errors import describe_invalid
from ganbench.serve.schemas import Seed

Name = Annotated[str, Field(max_length=200)]
Rate = Annotated[float, Field(ge=0, le=10)]
Rates = Annotated[dict[Name, Rate], Field(max_length=8)]
Coordinate = Annotated[float, Field(ge=-1, le=1)]
_MIN_POINTS = 10
Drawing = Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=_MIN_POINTS, max_length=MAX_POINTS)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Start(_Message):
    """Build a model and show it before its first step; None stands for the recipe's own value.

    ``points`` is a drawing, in place of a named data set.
    """

    type: Literal["start"]
    recipe: Name
    data: Name | None = None
    points: Drawing | None = None
    rates: Rates = {}
    batch: Annotated[int, Field(ge=1, le=2048)] | None = None
    critic_steps: Annotated[int, Field(ge=1, le=20)] | None = None
    steps: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    seed: Seed = 0


class Run(_Message):
    """Train on."""

    type: Literal["run"]


class Pause(_Message):
    """Stop training after the present step."""

    type: Literal["pause"]


class Step(_Message):
    """Train one step, and stop."""

    type: Literal["step"]


class Speed(_Message):
    """Train so many steps per second, None for as many as possible; show each update of a step if ``phases``."""

    type: Literal["speed"]
    steps_per_second: Annotated[float, Field(ge=0.05, le=1000)] | None = None
    phases: bool = False


class ChangeRates(_Message):
    """Use other learning rates from the next step on."""

    type: Literal["rates"]
    rates: Rates


class ShowAverage(_Message):
    """Show points of the moving average of G's weights, or of G itself."""

    type: Literal["average"]
    shown: bool


class Shown(_Message):
    """The page has drawn the last frame, and can take another."""

    type: Literal["shown"]


class Save(_Message):
    """Return the recipe as a file."""

    type: Literal["save"]


Message: TypeAlias = Start | Run | Pause | Step | Speed | ChangeRates | ShowAverage | Shown | Save
_adapter: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def parse_message(text: str) -> Message:
    """Return a message from its JSON.

    Raises:
        UserError: It is no such message; one sentence says why.
    """
    try:
        return _adapter.validate_json(text)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        if errors[0]["loc"]:
            raise UserError(f"the message is wrong: {describe_invalid(errors)}") from error
        raise UserError(
            'a message is a JSON object such as {"type": "run"}, and this is none that the server knows'
        ) from error
