"""The words that commands about a cluster share."""

from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[
    str | None, typer.Option(help="Kubeflow's address, as a browser has it; SILENCIO_KUBEFLOW_HOST.")
]
Namespace = Annotated[str | None, typer.Option(help="Whose pipelines and runs, on a cluster that is shared.")]
TokenFile = Annotated[
    Path | None, typer.Option(help="Holds the token; in a pod of the cluster its own is found.")
]
Feedback = Annotated[bool, typer.Option(help="Train on what guides corrected since, too.")]
IfNeeded = Annotated[
    bool,
    typer.Option(
        "--if-needed/--always",
        help="Watch first, and train only for a reason that nobody trained for yet; or train in any case.",
    ),
]
