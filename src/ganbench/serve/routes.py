"""The pages of the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from torch import Tensor

from ganbench.algorithms.capabilities import domains_of
from ganbench.dashboard.server import MAX_UPLOAD_MB
from ganbench.dashboard.upload import MAX_PIXELS
from ganbench.errors import UserError
from ganbench.serve import schemas
from ganbench.serve.answers import MEDIA_TYPES, Answer, answer_latents, answer_samples, choose_format
from ganbench.serve.batching import StoppedError
from ganbench.serve.disconnect import compute
from ganbench.serve.errors import STATUSES
from ganbench.serve.limits import Limits
from ganbench.serve.page import render_page
from ganbench.serve.query import describe_query, read_query
from ganbench.serve.served_model import ServedModels
from ganbench.serve.telemetry import MEDIA_TYPE, Telemetry
from ganbench.serve.uploads import read_images


@dataclass(frozen=True)
class Service:
    """What the pages share.

    Attributes:
        models: The models.
        limits: The limits of a request.
        telemetry: The numbers that ``/metrics`` shows.
        decoders: Limits how many uploads are decoded at once.
    """

    models: ServedModels
    limits: Limits
    telemetry: Telemetry
    decoders: CapacityLimiter


def _service(request: Request) -> Service:
    """Return the service of a request. A dependency of FastAPI takes a fifth of a short request's time."""
    service: Service = request.app.state.service
    return service


_SMALL = 2**14  # bytes of results that are written in less time than it takes to call a thread
Uploads = Annotated[list[UploadFile], File(min_length=1, description="The images.")]
router = APIRouter(responses=STATUSES)


def _described(query: type[BaseModel], result: type[BaseModel], *files: schemas.Format) -> dict[str, Any]:
    """Return a route's description: its parameters, and its results as JSON or as files."""
    binary = {MEDIA_TYPES[name]: {"schema": {"type": "string", "format": "binary"}} for name in files}
    results = {200: {"model": result, "content": binary, "description": "The results."}}
    return {"responses": results, "response_class": Response, "openapi_extra": describe_query(query)}


@router.get("/", response_class=HTMLResponse, summary="This page")
async def index(request: Request) -> HTMLResponse:
    """List the pages."""
    return HTMLResponse(render_page(request.app.openapi()))


@router.get("/models", summary="The models, and the limits of a request")
async def models(request: Request) -> schemas.Models:
    """List the models: what each can do, its classes, its latents, its data and their licence."""
    service = _service(request)
    limits = schemas.LimitFacts(
        samples=service.limits.samples,
        images=service.limits.images,
        image_megabytes=MAX_UPLOAD_MB,
        image_megapixels=MAX_PIXELS // 10**6,
        body_megabytes=service.limits.body_megabytes,
    )
    return schemas.Models(models=[served.facts for served in service.models], limits=limits)


@router.get("/sample", summary="Samples", **_described(schemas.SampleQuery, schemas.Samples, "png", "npz"))
async def sample(request: Request) -> Response:
    """Generate samples. They depend on the parameters alone, not on what else the server computes."""
    query, service = read_query(schemas.SampleQuery, request), _service(request)
    served = service.models.find(query.model, "sample")
    model = served.model
    _check_count(query.n, service.limits)
    form = choose_format(model, query.format)
    labels = served.tasks.labels(query.classes, query.n)
    samples = await compute(request, served.batcher, served.tasks.sample(query, labels))
    return await _respond(samples, lambda: answer_samples(served.name, model, samples, labels, form))


@router.get(
    "/interpolate",
    summary="Interpolations",
    **_described(schemas.InterpolateQuery, schemas.Samples, "png", "npz"),
)
async def interpolate(request: Request) -> Response:
    """Generate samples on the way from the latent of one seed to that of the next, and so on."""
    query, service = read_query(schemas.InterpolateQuery, request), _service(request)
    served = service.models.find(query.model, "interpolate")
    model, pairs = served.model, len(query.seeds) - 1
    _check_count(pairs * query.steps, service.limits)
    form = choose_format(model, query.format)
    labels = served.tasks.labels(query.classes, pairs)
    labels = None if labels is None else labels.repeat_interleave(query.steps)
    samples = await compute(request, served.batcher, served.tasks.interpolate(query, labels))
    return await _respond(
        samples, lambda: answer_samples(served.name, model, samples, labels, form, query.steps)
    )


@router.post(
    "/encode", summary="Latents of images", **_described(schemas.EncodeQuery, schemas.Latents, "npz")
)
async def encode(request: Request, images: Uploads) -> Response:
    """Encode images: PNG, JPEG, WebP or BMP, cropped and resized to the size of the model's data."""
    query, service = read_query(schemas.EncodeQuery, request), _service(request)
    served = service.models.find(query.model, "encode")
    items = await read_images(images, served.model.info, service.limits.images, service.decoders)
    latents = await compute(request, served.batcher, served.tasks.encode(items))
    return await _respond(latents, lambda: answer_latents(served.name, served.model, latents, query.format))


@router.post(
    "/translate",
    summary="Translations",
    **_described(schemas.TranslateQuery, schemas.Samples, "png", "npz"),
)
async def translate(request: Request, images: Uploads) -> Response:
    """Translate images to another domain; they are cropped and resized to the size of the model's data."""
    query, service = read_query(schemas.TranslateQuery, request), _service(request)
    served = service.models.find(query.model, "translate")
    model = served.model
    target = query.to or domains_of(model.algorithm)[-1]
    items = await read_images(images, model.info, service.limits.images, service.decoders)
    results = await compute(request, served.batcher, served.tasks.translate(items, target))
    return await _respond(results, lambda: answer_samples(served.name, model, results, None, query.format))


@router.get("/health", summary="Whether the server works")
async def health(request: Request) -> schemas.Health:
    """Say whether all models compute; if not, the status is 503."""
    if not all(served.batcher.is_working for served in _service(request).models):
        raise StoppedError("the server is stopping")
    return schemas.Health(status="ok")


@router.get(
    "/metrics",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    response_class=Response,
    summary="Numbers for Prometheus",
)
async def metrics(request: Request) -> Response:
    """Report requests, batches, their times, and the length of the queue."""
    return Response(_service(request).telemetry.render(), media_type=MEDIA_TYPE)


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.samples:
        raise UserError(f"a request may be for {limits.samples} samples, not {count}")


async def _respond(results: Tensor, write: Callable[[], Answer]) -> Response:
    """Return a response for results; if they are large, a thread writes it, so that other requests are not held up."""
    answer = await to_thread.run_sync(write) if results.nbytes > _SMALL else write()
    return Response(answer.body, media_type=answer.media_type)
