"""What the tests of the convolution page read off it."""

from tests.pages.visits import said


def texts(app: object) -> str:
    return "\n".join(element.value for element in app.markdown)  # type: ignore[attr-defined]


def options(app: object, key: str) -> list[str]:
    return list(app.select_slider(key=key).options)  # type: ignore[attr-defined]


def captions(app: object) -> str:
    return "\n".join(said(caption) for caption in app.caption)  # type: ignore[attr-defined]
