"""`silencio keys …`"""

from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.words import group

keys = group(
    "keys", "Who may ask a service. Example: silencio keys add guides --scope identify --scope feedback"
)

FILE = Path("keys.json")
File = Annotated[Path, typer.Option("--file", help="The file of keys; the service finds it by access.keys.")]
Name = Annotated[str, typer.Argument(help="What the key is called: a team, an app, a phone.")]


@keys.command("add")
def keys_add(
    name: Name,
    scopes: Annotated[list[str], typer.Option("--scope", help="identify, feedback or admin; repeat it.")],
    file: File = FILE,
) -> None:
    """Make a key and print it, once: only its hash is kept. A service that runs knows it at once.

    Example: silencio keys add guides --scope identify --scope feedback
    """
    from silencio.errors import WrongUse
    from silencio.serving.access.keys import KeyFile
    from silencio.serving.access.scopes import Scope

    if unknown := [scope for scope in scopes if scope not in list(Scope)]:
        raise WrongUse(f"{unknown[0]!r} is no scope.", f"There are {', '.join(Scope)}.")
    print(KeyFile(file).add(name, [Scope(scope) for scope in scopes]))


@keys.command("list")
def keys_list(file: File = FILE) -> None:
    """Every key's name, what it may do, and since when.

    Example: silencio keys list
    """
    from silencio.serving.access.keys import KeyFile
    from silencio.terminal import table

    rows = [[k.name, ", ".join(sorted(k.scopes)), f"{k.made:%Y-%m-%d}"] for k in KeyFile(file).all()]
    table(["name", "may", "since"], rows)


@keys.command("revoke")
def keys_revoke(name: Name, file: File = FILE) -> None:
    """Take a key back. A service that runs refuses it from its next request on.

    Example: silencio keys revoke guides
    """
    from silencio.serving.access.keys import KeyFile

    KeyFile(file).revoke(name)
    print(f"{name} is revoked")
