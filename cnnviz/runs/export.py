"""A run as files for other programs: each function gives the bytes of one download."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cnnviz.runs.checkpoints import CheckpointError, card_bytes, read_card
from cnnviz.runs.records import Curve
from cnnviz.training import TrainingConfig

_COLUMNS = ("split", "step", "epoch", "loss", "accuracy", "learning_rate", "time")


def curves_csv(
    train: Curve, test: Curve, rates: Sequence[float] = (), measured: str = "test", train_eval: Curve | None = None
) -> bytes:
    """All that was measured, a line a point, first of the training images; times in seconds since 1970.

    ``train_eval`` is of training images by the weights that were tested; ``measured`` says which images ``test`` is of. A
    point of ``train`` has the learning rate of its step where ``rates`` has one for each.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    curves: list[tuple[str, Curve, Sequence[float]]] = [("train", train, rates), (measured, test, ())]
    if train_eval is not None:
        curves.insert(1, ("train_eval", train_eval, ()))
    for split, curve, of_steps in curves:
        known: Sequence[float | str] = of_steps or [""] * len(curve.steps)
        points = zip(curve.steps, curve.epochs, curve.losses, curve.accuracies, known, curve.times, strict=True)
        table.writerows((split, *point) for point in points)
    return text.getvalue().encode()


def weights_zip(path: Path, name: str = "", command: str | None = None) -> bytes:
    """The weights at ``path`` (its ending is replaced) with their card, called ``name``. Raises CheckpointError.

    ``command``: instead of the card's, which may be for its owner alone.
    """
    card = read_card(path)
    card = card if command is None else card.model_copy(update={"command": command})
    name = _file_name(name or path.stem)
    try:
        files = {f"{name}.safetensors": path.with_suffix(".safetensors").read_bytes(), f"{name}.json": card_bytes(card)}
    except OSError:
        raise CheckpointError(f"The weights {path.with_suffix('.safetensors').name} are missing.") from None
    return _zip(files, zipfile.ZIP_STORED)  # weights are noise to a packer


def tensorboard_zip(
    name: str, train: Curve, test: Curve, rates: Sequence[float] = (), config: TrainingConfig | None = None,
    train_eval: Curve | None = None,
) -> bytes:  # fmt: skip
    """A folder ``name`` of events for ``tensorboard --logdir``: the curves at their true times.

    The scalars are loss/train, loss/test, accuracy/train and accuracy/test (held-out instead of test, where the settings
    hold images out), and train_eval where it is known; learning_rate too where ``rates`` has one for each point of ``train``.
    With its settings the run stands in TensorBoard's table of hyperparameters.
    """
    # SummaryWriter would write with a thread and a queue between processes
    from tensorboardX.event_file_writer import EventsWriter  # type: ignore[import-untyped]
    from tensorboardX.proto.event_pb2 import Event  # type: ignore[import-untyped]
    from tensorboardX.summary import hparams, scalar  # type: ignore[import-untyped]

    name = _file_name(name)
    of = config.evaluated_on if config else "test"
    measured = [("loss/train", train, train.losses), ("accuracy/train", train, train.accuracies)]
    measured += [(f"loss/{of}", test, test.losses), (f"accuracy/{of}", test, test.accuracies)]
    if train_eval is not None:
        measured += [("loss/train_eval", train_eval, train_eval.losses)]
        measured += [("accuracy/train_eval", train_eval, train_eval.accuracies)]
    if rates:
        measured.append(("learning_rate", train, list(rates)))
    with TemporaryDirectory() as folder:
        writer = EventsWriter(str(Path(folder) / "events"))
        try:
            if config is not None:
                metrics = dict.fromkeys((tag for tag, _, _ in measured), 0.0)  # only their names are used
                for summary in hparams(config.model_dump(), metrics):
                    writer.write_event(Event(summary=summary))
            for tag, curve, values in measured:
                for step, time, value in zip(curve.steps, curve.times, values, strict=True):
                    writer.write_event(Event(wall_time=time, step=step, summary=scalar(tag, value)))
        finally:
            writer.close()
        files = {f"{name}/events.out.tfevents.{name}": file.read_bytes() for file in Path(folder).iterdir()}
    return _zip(files, zipfile.ZIP_DEFLATED)


def _file_name(name: str) -> str:
    """A name that any system can write."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "run"


def _zip(files: dict[str, bytes], compression: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()
