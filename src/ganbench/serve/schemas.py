"""What the server takes as parameters, and what it answers as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Format = Literal["png", "npz", "json"]
Capability = Literal["sample", "interpolate", "encode", "translate"]

#: The largest is the largest integer that every reader of JSON reads exactly.
Seed = Annotated[int, Field(ge=0, le=2**53 - 1)]


class _Query(BaseModel):
    """Parameters in the address."""

    model: str | None = Field(
        default=None, description="The name of the model; needed if several can do this."
    )


class _SamplingQuery(_Query):
    classes: list[str] = Field(
        default=[],
        alias="class",
        description="The name or number of a class. Given once, it is that of all samples; given several times, there "
        "must be one for each sample (for each pair of seeds, if interpolated). Without it, samples cycle through the "
        "classes.",
    )
    truncation: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="The largest number of the normal noise: samples get more typical and less varied.",
    )
    representations: str | None = Field(
        default=None,
        description="Where a model conditioned on representations takes them from, such as normal.",
    )
    format: Format | None = Field(
        default=None, description="png (the default for images), npz, or json (the default for points)."
    )


class SampleQuery(_SamplingQuery):
    """The parameters of ``/sample``."""

    n: int = Field(default=1, ge=1, description="The number of samples.")
    seed: Seed = Field(default=0, description="Determines the latents, together with n.")


class InterpolateQuery(_SamplingQuery):
    """The parameters of ``/interpolate``."""

    seeds: list[Seed] = Field(
        default=[0, 1],
        alias="seed",
        min_length=2,
        max_length=64,
        description="The seeds between which to interpolate, one after the other; give at least two.",
    )
    steps: int = Field(default=10, ge=2, description="The samples from one seed to the next, with both ends.")
    linear: bool = Field(default=False, description="Interpolate linearly instead of spherically.")


class EncodeQuery(_Query):
    """The parameters of ``/encode``."""

    format: Literal["npz", "json"] = Field(default="json", description="npz or json.")


class TranslateQuery(_Query):
    """The parameters of ``/translate``."""

    to: str | None = Field(
        default=None,
        description="The domain to translate to. Default: the last of the model's domains, such as b.",
    )
    format: Format = Field(default="png", description="png, npz or json.")


class Error(BaseModel):
    """Why a request was refused, in one sentence."""

    error: str


class Health(BaseModel):
    """Whether the server works."""

    status: Literal["ok"]


class Samples(BaseModel):
    """Samples, in the order of their latents."""

    model: str
    step: int
    labels: list[int] | None = Field(description="The class number of each sample; null without classes.")
    images: list[str] | None = Field(
        default=None, description="Base64 of a PNG each, if the samples are images."
    )
    points: list[list[float]] | None = Field(
        default=None, description="Coordinates, if the samples are points."
    )


class Latents(BaseModel):
    """The latents of images."""

    model: str
    step: int
    latents: list[list[float]]


class DataFacts(BaseModel):
    """The data that a model was trained on."""

    name: str
    split: str
    size: int
    licence: str


class LatentFacts(BaseModel):
    """The latent vectors of a model: their parts, in order."""

    size: int
    parts: list[dict[str, Any]]


class ModelFacts(BaseModel):
    """A model of the server."""

    name: str
    recipe: str
    summary: str
    step: int
    weights: Literal["averaged", "live"]
    device: str
    kind: Literal["image", "points"]
    shape: list[int] = Field(
        description="Of a sample: channels, height, width; or the number of coordinates."
    )
    range: list[float] = Field(description="The smallest and the largest value of a sample.")
    classes: list[str]
    latent: LatentFacts | None = Field(description="null if the model generates no samples.")
    capabilities: list[Capability]
    truncation: bool = Field(description="Whether the latents have normal noise to truncate.")
    representations: list[str] = Field(description="What ``representations`` may be; empty for most models.")
    domains: list[str] = Field(description="What ``to`` may be; empty for models that do not translate.")
    data: DataFacts


class LimitFacts(BaseModel):
    """The limits of a request."""

    samples: int
    images: int
    image_megabytes: int
    image_megapixels: int
    body_megabytes: int


class Models(BaseModel):
    """The models of a server, and what it allows."""

    models: list[ModelFacts]
    limits: LimitFacts
