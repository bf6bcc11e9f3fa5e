"""`silencio stream …`"""

from typing import Annotated

import typer

from silencio.commands.words import Changes, Experiment, Here, Workspace, group

stream = group(
    "stream", "Recordings as they come, simulated. Example: silencio stream produce demo --count 3"
)


@stream.command("produce")
def stream_produce(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    every: Annotated[float, typer.Option(min=0, help="Seconds from one file to the next.")] = 60.0,
    count: Annotated[int | None, typer.Option(min=1, help="So many files; without it, until Ctrl-C.")] = None,
    calls: Annotated[int, typer.Option(min=0, help="Known calls to lay over each minute.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed makes other minutes.")] = 1,
) -> None:
    """Write minutes of soundscapes to online_input/, at a pace; who is known to call in them, to online_truth/.

    Example: silencio stream produce demo --every 5 --count 12 --calls 2
    """
    from silencio.commands.words import house_at
    from silencio.serving.online.produce import Minutes, produce

    house = house_at(experiment, workspace, changes)
    minutes = Minutes.of(house.experiment.data, house.workspace, seed, calls)
    folder, truth = house.workspace / "online_input", house.workspace / "online_truth"
    try:
        produce(minutes, folder, truth, count, every, lambda path: print(path, flush=True))
    except KeyboardInterrupt:
        raise typer.Exit() from None


@stream.command("consume")
def stream_consume(
    workspace: Workspace = Here,
    server: Annotated[str, typer.Option(help="The service's address.")] = "http://127.0.0.1:8000",
    key: Annotated[
        str | None, typer.Option(envvar="SILENCIO_KEY", help="The key that the service asks for.")
    ] = None,
    until_empty: Annotated[bool, typer.Option(help="Stop once every file is done with.")] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds after which a file that is not whole will never be.")
    ] = 60.0,
) -> None:
    """Ask the service about every file that comes to online_input/, once, and write online_output/.

    Killed and started again, it goes on where it was. Example: silencio stream consume --until-empty
    """
    import httpx

    from silencio.serving.online.arrivals import Arrivals
    from silencio.serving.online.consume import TIMEOUT_SECONDS, Consumer, alone
    from silencio.serving.online.journal import Journal
    from silencio.terminal import table
    from silencio.workspace import Workspace as Home

    home = Home(workspace)
    output = home / "online_output"
    headers = {"authorization": f"Bearer {key}"} if key else {}
    with (
        alone(output),
        httpx.Client(base_url=server, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False) as http,
    ):
        arrivals = Arrivals(home / "online_input", patience=patience)
        consumer = Consumer(arrivals, output, Journal(output / ".journal.sqlite"), http)
        try:
            consumer.run(until_empty)
        except KeyboardInterrupt:
            pass
        finally:
            done = consumer.consumed
            table(["heard", "before", "put aside"], [[str(done.heard), str(done.before), str(done.aside)]])
