"""Changes of the training images that leave little of what they show."""

from __future__ import annotations

from cnnviz.training.config import TrainingConfig


def hidden_images(config: TrainingConfig, side: int) -> tuple[str, str, dict[str, object]] | None:
    """A sentence, what to try, and the same as values of ``TrainingConfig``; None where enough is left of ``side`` pixels."""
    hidden = min(1.0, (config.cutout / side) ** 2)
    changes: dict[str, object] = {}
    said = []
    if hidden >= 0.4:
        changes["cutout"] = side // 4
        said.append(f"a square hides {hidden:.0%} of each training image")
    shifts = {name: most for name in ("crop_padding", "translate") if (most := getattr(config, name)) >= 0.3 * side}
    if shifts:
        changes |= dict.fromkeys(shifts, 2)
        how_far = " and once more by up to ".join(map(str, shifts.values()))
        said.append(f"training images are shifted by up to {how_far} of their {side} pixels")
    if config.colour_shift > 0.5:
        changes["colour_shift"] = 0.1
        said.append("colours are shifted by more than they differ")
    if not said:
        return None
    words = ", ".join(f"{_PLAIN[name]} {value}" for name, value in changes.items())
    sentence = " and ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}: little of what they show is left.", words, changes


_PLAIN = {
    "cutout": "a hidden square of",
    "crop_padding": "a black frame of",
    "translate": "a shift of at most",
    "colour_shift": "a colour shift of",
}
