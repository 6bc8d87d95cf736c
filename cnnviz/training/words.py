"""What each setting of a run does, in words: for the controls of the app and the help of the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    label: str
    says: str
    """One sentence."""
    usual: str = ""
    """A range that is sensible to begin with; nothing where there is no such thing."""

    @property
    def text(self) -> str:
        """The sentence, and the range."""
        return f"{self.says} Usual: {self.usual}." if self.usual else self.says


WORDS: dict[str, Words] = {
    "epochs": Words("Epochs", "An epoch is once through all training images.", "3 to 30"),
    "batch_size": Words(
        "Batch size", "So many images make one step: more are faster, fewer make more steps.", "16 to 256"
    ),
    "optimizer": Words(
        "Optimiser",
        "How a gradient becomes a step: adam fits each weight's steps by itself, sgd needs a rate that suits it.",
        "adam",
    ),
    "learning_rate": Words(
        "Learning rate",
        "How long the steps are at most: too long and the loss leaps about, too short and it hardly falls.",
        "0.0003 to 0.01 with adam, 0.01 to 0.5 with sgd",
    ),
    "momentum": Words("Momentum", "How much of the last step goes on in the next one.", "0.9"),
    "nesterov": Words("Nesterov", "Takes the gradient where the momentum is about to lead."),
    "schedule": Words(
        "Schedule",
        "What becomes of the learning rate during the run: long steps find the region, short ones the place in it.",
        "one_cycle or cosine",
    ),
    "warmup_epochs": Words(
        "Warm-up, epochs", "The rate rises from nearly 0 for so long, while the weights settle.", "0 to 5"
    ),
    "step_epochs": Words(
        "Shrinks every … epochs", "So often the step schedule shrinks the rate.", "a third of the run"
    ),
    "step_factor": Words("To this share", "What the step schedule leaves of the rate each time.", "0.1 to 0.5"),
    "weight_decay": Words(
        "Weight decay", "Pulls every weight towards 0, so that none grows without need.", "0, or 0.0001 to 0.01"
    ),
    "label_smoothing": Words(
        "Label smoothing", "Asks for a little less than certainty, so that no answer is driven to extremes.", "0 to 0.2"
    ),
    "dropout": Words(
        "Dropout",
        "Leaves this share of the units out at random, so that none relies on another; not set, the layers' own holds.",
        "0.1 to 0.5",
    ),
    "ema": Words(
        "Averaged weights (decay)",
        "Tests and keeps a moving average of the weights, of the last hundred steps or so at 0.99, which is calmer.",
        "0 (none), or 0.9 to 0.999",
    ),
    "crop_padding": Words(
        "Cut out of a black frame, pixels",
        "Puts a black ring around each image and cuts the size out at random.",
        "2 to 4",
    ),
    "translate": Words("Shifted by at most, pixels", "Moves each image at random, its edge mirrored.", "1 to 4"),
    "flip": Words(
        "Mirrored",
        "Turns images over, left to right: a mirrored car is a car, a mirrored 2 is no 2.",
        "random for photographs, none for digits",
    ),
    "cutout": Words(
        "Hidden square, pixels", "Hides a square of each image, so that no single part decides.", "8 to 16 of 32 pixels"
    ),
    "colour_shift": Words(
        "Colour shift", "Shifts the colours of each image a little, as other light would.", "0.1, as AlexNet had it"
    ),
    "test_time_augmentation": Words(
        "Views of each test image",
        "Tests with the mean of the answers to several views of an image, which is right more often and takes longer.",
        "none",
    ),
    "recipe": Words(
        "Recipe",
        "speed is a whitening first layer and the rest of arXiv 2404.00498, for Airbench 94 with sgd.",
        "plain",
    ),
    "held_out": Words(
        "Training images held out",
        "So many are not learned from but measured after each epoch, class by class; the test images are measured once, at the "
        "end, and have then chosen nothing.",
        "0, or a tenth of them",
    ),
    "seed": Words("Seed", "The same number gives the same first weights and the same order of images again."),
    "device": Words("Device", "What computes: auto is the fastest that this machine has.", "auto"),
    "precision": Words("Precision", "How long the numbers are: bf16 is faster on newer GPUs, fp32 more exact.", "auto"),
    "compile": Words("Compile", "Writes faster code for the GPU first, which costs a minute at the start."),
}
"""By the names of ``TrainingConfig``."""
