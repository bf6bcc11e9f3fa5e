"""A bundle in, a container image with the bundle inside out."""

from kfp.dsl import Artifact, Input, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def package(experiment: str, workspace: str, bundle: Input[Model], image: Output[Artifact]) -> None:
    """Write the image's build context, and build it where buildah can.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        bundle: What the image serves.
        image: The build context, and the image's digest if it was built.
    """
    from components.receipts import give, take
    from silencio.handover import Kind
    from silencio.steps import build
    from silencio.steps.house import House

    made = build.package(House.of(experiment, workspace), take(bundle, Kind.BUNDLE))
    context = f"build context {made / 'context'}. {made.facts['note']}"
    give(made, image, f"image {made.facts['image']}" if made.facts["image"] else context)
