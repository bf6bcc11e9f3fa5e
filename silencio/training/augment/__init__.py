"""What is done to windows so that no two epochs are alike: one small thing a file.

augment = Augment(experiment.training.augment, lesson)
pictures, targets = augment(rows, generator)
"""

from silencio.training.augment.augment import Augment, Batch

__all__ = ["Augment", "Batch"]
