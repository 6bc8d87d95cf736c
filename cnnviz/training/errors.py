"""What can go wrong in training."""


class TrainingError(RuntimeError):
    """A run that cannot go on: one sentence that says why and what to try."""


class Stop(Exception):
    """Thrown into the generator of events: its consumer wants what there is, and no more."""
