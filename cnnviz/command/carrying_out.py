"""Do what a command says; what goes wrong is one sentence."""

from __future__ import annotations

import argparse
import os
import sys

from pydantic import ValidationError

from cnnviz.data import DataError
from cnnviz.layers import ShapeError
from cnnviz.networks.code import CodeError
from cnnviz.runs import CheckpointError, StoreError
from cnnviz.training import TrainingError
from cnnviz.wrong_values import wrong_value

_QUOTE = "'"


def carry_out(arguments: argparse.Namespace) -> int:
    """The exit status."""
    try:
        code = int(arguments.do(arguments))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read has read enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ValidationError as error:
        wrong = wrong_value(error)
        print(f"--{wrong.place.replace('_', '-')} {wrong.given.strip(_QUOTE)}: {wrong.reason}.", file=sys.stderr)
    except (DataError, ShapeError, CodeError, CheckpointError, StoreError, TrainingError, OSError) as error:
        print(error, file=sys.stderr)
    return 1
