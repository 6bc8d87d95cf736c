#!/bin/sh
# One would guess that a file which torch.onnx.export writes, and which onnx.checker.check_model accepts, has the shapes that its
# operators give.
# So it is: with ceil_mode=True torch leaves out a last window that would begin in the padding on the right, and ONNX's MaxPool
# and AveragePool do so from operator set 22 on only. The exporter of torch 2.13.0 writes an older operator set with ceil_mode=1
# and torch's own shape beside it. The plain check accepts the file; with full_check=True onnx 1.23.2 says that the inferred and
# the existing shape differ. Where no window is left out both checks accept it.
# Sources: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html (note on ceil_mode);
# https://onnx.ai/onnx/operators/text_diff_MaxPool_12_22.html
# What helps: pad the input before, and pool without ceil_mode.
# Needs python3 with venv, and the package registry. Ends with 1 where the behaviour has changed.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib
import io
import sys

import onnx
import torch
from torch import nn

print("torch", torch.__version__, "onnx", onnx.__version__)
has_changed = False
for kind in (nn.MaxPool2d, nn.AvgPool2d):
    for size, is_dropped in ((5, True), (6, False)):  # windows begin at −1, 2 and, past the image of 5, at 5
        pool = kind(2, stride=3, padding=1, ceil_mode=True).eval()
        x = torch.arange(float(size * size)).reshape(1, 1, size, size)
        with contextlib.redirect_stdout(io.StringIO()):
            file = torch.onnx.export(pool, (x,), dynamo=True, verbose=False).model_proto
        onnx.checker.check_model(file)
        try:
            onnx.checker.check_model(file, full_check=True)
            said = "accepted"
        except onnx.shape_inference.InferenceError as error:
            said = "refused" if "Inferred shape and existing shape differ" in str(error) else str(error)
        opset = next(one.version for one in file.opset_import if not one.domain)
        print(f"{pool} on {size}×{size}: torch {tuple(pool(x).shape[2:])}, operator set {opset}, full check: {said}")
        has_changed |= said != ("refused" if is_dropped else "accepted") or opset >= 22
if has_changed:
    sys.exit("The behaviour has changed.")
PYTHON
