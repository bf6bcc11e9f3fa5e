"""A bundle in, a container image with the bundle inside out."""

from kfp.dsl import Artifact, Input, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def package(experiment: str, workspace: str, bundle: Input[Model], image: Output[Artifact]) -> None:
    """Write the image's build context with the list of all that is in it (SBOM), and build it where buildah can.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        bundle: What the image serves.
        image: The build context, the SBOM's digest, and the image's digest if it was built.
    """
    from components.receipts import give, take
    from components.working import working
    from silencio.handover import Kind
    from silencio.steps import build

    with working("package", experiment, workspace) as house:
        made = build.package(house, take(bundle, Kind.BUNDLE))
        facts, context = made.facts, made / "context"
        image.metadata.update(image=facts["image"] or "", sbom=facts["sbom"])
        what = f"image {facts['image']}" if facts["image"] else f"build context {context}. {facts['note']}"
        give(made, image, what)
