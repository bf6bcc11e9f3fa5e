"""A compiled pipeline as a version that runs can be made of."""

from pipelines.compiled import Compiled
from pipelines.platform.answers import Version
from pipelines.platform.client import Client
from pipelines.platform.reading import Absent


def upload(client: Client, pipeline: Compiled) -> Version:
    """The version with this very text; sent only if it is not there."""
    home = _pipeline(client, pipeline.name)
    versions = f"/pipelines/{home}/versions"

    def find() -> Version | None:
        found = client.named(versions, "pipeline_versions", pipeline.version)
        return next((Version.read(answer) for answer in found), None)

    def create() -> Version:
        return Version.read(
            client.wire.upload(
                "/pipelines/upload_version",
                f"{pipeline.name}.yaml",
                pipeline.text.encode(),
                pipelineid=home,
                name=pipeline.version,
                display_name=pipeline.version,
                description=f"sha256 {pipeline.digest}",
            )
        )

    return client.found_or_made(find, create)


def version(client: Client, pipeline: str, version: str) -> Version:
    """By both ids."""
    return Version.read(client.wire.get(f"/pipelines/{pipeline}/versions/{version}"))


def _pipeline(client: Client, name: str) -> str:
    """Its id."""

    def find() -> str | None:
        try:
            return str(client.wire.get(f"/pipelines/names/{name}", **client.within)["pipeline_id"])
        except Absent:
            return None

    def create() -> str:
        body = {"name": name, "display_name": name, **client.within}
        return str(client.wire.post("/pipelines", body)["pipeline_id"])

    return client.found_or_made(find, create)
