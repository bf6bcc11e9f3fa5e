"""`silencio registry …`"""

from silencio.commands.words import Changes, Experiment, Here, Workspace, group, house_at

registry = group("registry", "Versions and the promotion record. Example: silencio registry list demo")


@registry.command("list")
def registry_list(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """The versions and where each stands.

    Example: silencio registry list demo
    """
    from silencio.terminal import bar, table

    with bar("registry"):
        versions = house_at(experiment, workspace, changes).registry.versions()
    table(
        ["version", "stage", "bundle", "run"],
        [[v.number, v.stage.value, v.bundle_digest[:12], v.run_id[:12]] for v in versions],
    )


@registry.command("history")
def registry_history(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Every move of every version, and who approved it.

    Example: silencio registry history demo
    """
    from silencio.terminal import table

    entries = house_at(experiment, workspace, changes).record.verify()
    rows = [
        [
            str(e.number),
            e.at[:19],
            e.move["version"],
            e.move["stage"],
            e.move["approved_by"] or "",
            e.move["reason"],
        ]
        for e in entries
    ]
    table(["entry", "at", "version", "to", "approved by", "why"], rows)


@registry.command("verify")
def registry_verify(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Follow the promotion record's chain of hashes.

    Example: silencio registry verify demo
    """
    entries = house_at(experiment, workspace, changes).record.verify()
    print(f"{len(entries)} entries, each follows from the one before.")
