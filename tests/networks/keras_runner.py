"""Runs the Keras texts of a folder that ``keras_cases`` has written: ``python keras_runner.py FOLDER``.

For each text: ``predict`` of the model with the same weights gives torch's output; saved, and loaded by another process,
which has no more than the text's classes, and called it gives the same again. Knows Keras and NumPy alone, so that
an environment of any backend can run it.
"""

import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

PART = 2e-5
"""How far, of the largest number, an output may be off."""


def close(ours, expected, what):
    assert ours.shape == expected.shape, f"{what}: {ours.shape} where {expected.shape} is right"
    finite = np.isfinite(expected)
    np.testing.assert_allclose(
        ours, expected, rtol=0, atol=PART * max(1, abs(expected[finite]).max(initial=0)), err_msg=what
    )


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def model_of(case):
    """What the text makes, with the weights of the case."""
    names = {"__name__": "script"}
    exec(case["text"], names)
    model, given = names["model"], set()
    for name, weights in case["weights"]:
        model.get_layer(name).set_weights(weights)
        given.add(name)
    assert given == {layer.name for layer in model.layers if layer.weights}
    return model


def build(case, path):
    model = model_of(case)
    close(model.predict(case["x"], verbose=0), case["expected"], "predict")
    model.save(path)


def load(case, path):
    keras.saving.get_custom_objects().clear()  # of other texts
    classes = case["text"][: case["text"].index("inputs = keras.Input(")]
    exec(classes, {"__name__": "script"})
    close(numbers(keras.saving.load_model(path)(case["x"])), case["expected"], "loaded and called")


def read(path):
    arrays = np.load(path)
    about = json.loads(path.with_suffix(".json").read_text())
    return {
        "text": about["text"],
        "x": arrays["x"],
        "expected": arrays["expected"],
        "weights": [(name, [arrays[f"{name}/{i}"] for i in range(n)]) for name, n in about["weights"]],
    }


def is_without(backend, text):
    """What a backend cannot do, as the text itself says."""
    return backend == "tensorflow" and "# TensorFlow computes dilated transposed convolutions on GPUs only" in text


def main(folder, step):
    backend = keras.backend.backend()
    failures, passed, left_out = [], 0, 0
    started = time.time()
    for path in sorted(Path(folder).glob("*.npz")):
        case = read(path)
        if is_without(backend, case["text"]):
            left_out += 1
            continue
        try:
            {"build": build, "load": load}[step](case, path.with_suffix(f".{backend}.keras"))
            passed += 1
        except Exception:
            failures.append(path.stem)
            print(f"{backend}, {step}, {path.stem}:\n{traceback.format_exc()}\n{case['text']}", flush=True)
    seconds = time.time() - started
    print(f"{backend}, {step}: {passed} right, {len(failures)} wrong, {left_out} left out, {seconds:.0f} s", flush=True)
    return failures or not passed


if __name__ == "__main__":
    folder, *step = sys.argv[1:]
    if step:
        sys.exit(bool(main(folder, step[0])))
    results = [subprocess.run([sys.executable, __file__, folder, step]).returncode for step in ("build", "load")]
    sys.exit(any(results))
