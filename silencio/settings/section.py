"""What every part of the experiment file is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Decibels = Annotated[float, Field(ge=-20, le=50)]


class Section(BaseModel):
    """One part of the experiment file. Frozen, and every unknown key is refused."""

    # Neither is infinity a setting: frontend.json could not hold it.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
