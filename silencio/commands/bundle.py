"""`silencio bundle …`"""

from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.words import group

bundle = group("bundle", "What is served. Example: silencio bundle verify workspace/models/bundles/…")


@bundle.command("verify")
def bundle_verify(folder: Annotated[Path, typer.Argument(help="The bundle's folder.")]) -> None:
    """Hash every file of a bundle again.

    Example: silencio bundle verify workspace/models/bundles/1a2b…
    """
    from silencio.optimize.bundle import Bundle

    print(f"{folder} is whole: bundle {Bundle.open(folder).digest}")


@bundle.command("show")
def bundle_show(folder: Annotated[Path, typer.Argument(help="The bundle's folder.")]) -> None:
    """Its card, with the table of all variants that were tried, after every file was hashed again.

    Example: silencio bundle show workspace/models/bundles/1a2b…
    """
    from silencio.optimize.bundle import CARD, Bundle

    print((Bundle.open(folder).folder / CARD).read_text("utf-8"))
