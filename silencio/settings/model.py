"""Which network, and its options."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from silencio.settings.section import Count, Section, Share

OPTIONS = {
    "head": ("mobilenetv2", "efficientnet_b0", "resnet50", "inception_v3", "cnn14", "cnn"),
    "frozen": ("mobilenetv2", "efficientnet_b0", "resnet50", "inception_v3", "cnn14", "cnn"),
    "width": ("cnn",),
    "hidden": ("fcnn",),
    "activation": ("fcnn",),
    "activation_options": ("fcnn",),
    "batch_norm": ("fcnn",),
    "members": ("ensemble",),
}
"""The architectures that each option of a model is of; the options that are not here are of all but an ensemble."""


class Model(Section):
    """An architecture by its name in silencio/models, and its options; those of others are refused."""

    architecture: str = "mobilenetv2"
    dropout: Share = 0.2
    """Before the last layer."""
    head: Literal["linear", "attention"] = "linear"
    """`attention` weighs the frames of a window against each other, and says what calls in each of them."""
    weights: str | None = None
    """What training begins with: a file, an http(s) address, or models:/… or runs:/… of MLflow."""
    weights_digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """SHA-256 of that file: another one is refused."""
    frozen: bool = False
    """Only the head learns; what is below it stays as its weights are."""
    width: Count = 24
    """Channels of the first layer; the others have up to six times as many."""
    hidden: tuple[Count, ...] = (1024, 1024, 1024)
    """Numbers in each hidden layer."""
    activation: str = "ReLU"
    """Its name in torch.nn."""
    activation_options: dict[str, bool | int | float | str] = {}
    """By their names in torch.nn, such as negative_slope."""
    batch_norm: bool = True
    """Of what comes in and of every hidden layer."""
    members: "tuple[Model, ...]" = ()
    """The models whose answers are averaged."""

    @model_validator(mode="after")
    def _options_belong_to_their_architecture(self) -> Self:
        for name, field in type(self).model_fields.items():
            owners = OPTIONS.get(name, ())
            strange = self.architecture not in owners if owners else self.architecture == "ensemble"
            if strange and name != "architecture" and getattr(self, name) != field.default:
                whose = f"is of {', '.join(owners)}" if owners else "is set for each of an ensemble's members"
                raise ValueError(f"{name} {whose}: leave it out for {self.architecture}")
        return self

    @model_validator(mode="after")
    def _weights_to_freeze_and_to_check(self) -> Self:
        if self.frozen and self.weights is None:
            raise ValueError("frozen needs weights: a network that nobody trained has nothing to keep")
        if self.weights_digest and self.weights is None:
            raise ValueError("weights_digest needs weights, the file that it is of")
        return self

    @model_validator(mode="after")
    def _members_of_an_ensemble(self) -> Self:
        if self.architecture == "ensemble" and len(self.members) < 2:
            raise ValueError("an ensemble needs two members or more")
        if any(member.architecture == "ensemble" for member in self.members):
            raise ValueError("an ensemble's members are single models: list those of the inner one instead")
        return self
