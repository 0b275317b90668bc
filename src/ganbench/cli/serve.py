"""The command ``serve``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from ganbench.cli.options import Device, ModuleOption, StepOption, ThreadsOption, load_model


def serve(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, or models that were exported as safetensors."),
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to serve at; 0 for any that is free.")
    ] = 8000,
    host: Annotated[
        str,
        typer.Option(
            help="The address to serve at. By default only this machine can reach the server. For others, requests "
            "need a token: that of GANBENCH_TOKEN, or a new one, which is printed."
        ),
    ] = "127.0.0.1",
    batch: Annotated[
        int,
        typer.Option(
            min=1,
            max=4096,
            help="Samples that are computed at once. The last bits of a sample may depend on it, but on nothing else.",
        ),
    ] = 32,
    max_samples: Annotated[
        int, typer.Option(min=1, help="The largest number of samples of a request.")
    ] = 256,
    max_queue: Annotated[
        int, typer.Option(min=1, help="How many samples may wait; beyond that, requests are refused (429).")
    ] = 4096,
    step: StepOption = None,
    device: Annotated[
        Optional[Device],  # noqa: UP045 (typer needs this form)
        typer.Option(help="Where to run the models. Default: the first of CUDA, MPS and CPU."),
    ] = None,
    threads: ThreadsOption = None,
    module: ModuleOption = None,
) -> None:
    """Serve trained models over HTTP: samples, interpolations, encodings, translations. Ctrl-C stops the server."""
    from ganbench.dashboard.server import LOCAL_NAMES, bind, is_local, server_url
    from ganbench.serve.access import choose_token
    from ganbench.serve.server import require_packages, run_app

    require_packages()
    token, is_new = choose_token(host)
    with bind(host, port) as listener:
        from ganbench.inference.model_folder import open_model_source
        from ganbench.serve.app import create_app
        from ganbench.serve.limits import Limits
        from ganbench.serve.served_model import check_names, start_model
        from ganbench.serve.telemetry import Telemetry

        names = [run.resolve().name for run in runs]
        check_names(names)
        limits, telemetry, served = Limits(samples=max_samples, queued=max_queue), Telemetry(), []
        for name, run in zip(names, runs, strict=True):
            model = load_model(run, step, module, device or "auto", threads)
            recipe = open_model_source(run).recipe({path.stem for path in module or ()})
            served.append(start_model(name, model, recipe, telemetry, batch=batch, limits=limits))
        app = create_app(served, telemetry, limits, token=token, hosts=LOCAL_NAMES if is_local(host) else ())
        listener.listen()
        if is_new:
            print(f"token: {token}", file=sys.stderr)
        address = server_url(host, listener.getsockname()[1])
        print(f"Serving {', '.join(names)} at {address} (press Ctrl-C to stop)", flush=True)
        run_app(app, listener, limits)
