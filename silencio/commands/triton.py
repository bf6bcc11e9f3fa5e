"""`silencio triton …`"""

from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.words import group

triton = group(
    "triton",
    "Serve a bundle's model with Triton. Example: silencio triton export workspace/models/bundles/1a2b… repository",
)


@triton.command("export")
def export(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    repository: Annotated[Path, typer.Argument(help="Where to write: a model repository a device.")],
    backend: Annotated[
        str | None,
        typer.Option(
            help="What of Triton's runs the model on a processor: onnxruntime, openvino or python; the bundle's "
            "engine if nothing is said."
        ),
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(
            help="cpu or tensorrt, as often as need be; all that can read the model if nothing is said."
        ),
    ] = None,
    instances: Annotated[int, typer.Option(min=1, help="Copies of the model that answer side by side.")] = 1,
    as_version: Annotated[int, typer.Option(min=1, help="The number that Triton calls it by.")] = 1,
    settings: Annotated[Path | None, typer.Option(help="The YAML file of the service's settings.")] = None,
) -> None:
    """Write model repositories: batches, queue, priorities and deadline are those of the service's settings.

    Example: silencio triton export workspace/models/bundles/1a2b… repository
    then:    tritonserver --model-repository repository/cpu
    and:     SILENCIO_SERVING__TRITON=http://localhost:8000 silencio serve --bundle … --port 8080
    """
    from silencio.errors import WrongUse
    from silencio.experiment import load_serving
    from silencio.optimize.bundle import Bundle
    from silencio.serving.triton.config import Backend, Device
    from silencio.serving.triton.repository import export as write

    try:
        devices = [Device(name) for name in device or ()]
        used = Backend(backend) if backend else None
    except ValueError as error:
        raise WrongUse(
            f"{error}.", f"Backends: {', '.join(Backend)}; devices: {', '.join(Device)}."
        ) from error
    for written in write(
        Bundle.open(bundle), repository, used, devices, load_serving(settings), instances, as_version
    ):
        print(f"{written}: tritonserver --model-repository {written}")
