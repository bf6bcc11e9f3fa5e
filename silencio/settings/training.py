"""How a model learns."""

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from silencio.settings.augment import Augment
from silencio.settings.section import Count, Section, Share


class Loss(Section):
    """What a model is punished for while it learns."""

    name: Literal["bce", "focal", "cross_entropy"] = "bce"
    """`bce` and `focal` ask of each species whether it is there, `cross_entropy` which one it is."""
    gamma: Annotated[float, Field(ge=1)] = 2.0
    """Of `focal`: how much less counts what is known already."""
    positive_weight: Annotated[float, Field(gt=0)] = 1.0
    """What missing a species costs over raising a false alarm."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced`: a label counts the more, the rarer its species is among the windows that are trained on."""
    secondary: Literal["weaker", "ignored"] = "weaker"
    """Species that call somewhere in the recording: targets of data.secondary_weight, or left out of its loss."""
    weak_labels: Literal["whole", "best_frame"] = "whole"
    """`best_frame`: half of the loss is that of the frame where a species is clearest; of models that hear frames."""

    @model_validator(mode="after")
    def _a_choice_has_no_false_alarms(self) -> Self:
        if self.name == "cross_entropy" and self.positive_weight != 1:
            raise ValueError("positive_weight is of bce and focal")
        return self


class SelfTraining(Section):
    """Rounds of learning from what the last round's model hears in soundscapes that nobody labelled."""

    rounds: Annotated[int, Field(ge=0)] = 0
    power: Annotated[float, Field(ge=1)] = 1.5
    """Its probabilities are raised to this: the surest stay, what is hardly believed vanishes."""
    share: Share = 0.5
    """Of windows, over which such a soundscape is laid."""


class Training(Section):
    epochs: Count = 18
    batch_size: Count = 16
    loss: Loss = Loss()
    optimizer: str = "SGD"
    """By its name in torch.optim. SGD has a Nesterov momentum of 0.9 unless the options say otherwise."""
    optimizer_options: dict[str, JsonValue] = {}
    """What else torch's class takes: {betas: [0.9, 0.99]}."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.2
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    schedule: str = "warm_cosine"
    """Of the learning rate: up, then down along a cosine; or a name in torch.optim.lr_scheduler."""
    schedule_options: dict[str, JsonValue] = {}
    patience: Count | None = None
    """Epochs without a better validation mAP, after which the training stops; none: it never does."""
    min_delta: Share = 0.0
    """Better by no more than this is no better."""
    keep_last: bool = False
    """Keep the weights of the last epoch beside those of the best."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Of a running average of the weights, how much of it each step keeps: the average is what is judged and kept;
    0: the weights as they are."""
    augment: Augment = Augment()
    warm_start: bool = False
    """Begin with the weights of the champion, where there is one; its species are found by their codes."""
    warm_epochs: Count | None = None
    """Of a training that does begin with them; none: as many as from scratch."""
    warm_learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Of such a training: a lower one changes the champion, a high one first forgets it; none: as from scratch."""
    era: Literal["all", "older", "newer"] = "all"
    """`newer`: every epoch has the newest recordings (data.split.newer), and a draw of older ones; `older`: none of
    the newest, neither to learn from nor to validate on. What nobody dated counts as older."""
    replay: Annotated[float, Field(ge=0)] = 1.0
    """With the newer ones: for each of their windows, so many older ones, drawn anew every epoch."""
    self_training: SelfTraining = SelfTraining()
    workers: Count | None = None
    """Processes on a Ray cluster that share each batch among them; none: this process."""
    sharding: Literal["ddp", "fsdp2"] = "ddp"
    """Of those workers: each has the whole model, or a part of every layer."""
    threads: Count = 2
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: a GPU where there is one. Only a CPU gives the same digest every time."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of products while learning. `auto`: float32 on a CPU, half of it on a GPU."""

    @model_validator(mode="after")
    def _only_who_may_stop_tells_better_from_worse(self) -> Self:
        if self.min_delta and not self.patience:
            raise ValueError("min_delta needs patience")
        return self
