"""Text of people's own in places where Streamlit reads Markdown."""

from __future__ import annotations

import re


def escaped(text: str) -> str:
    """The same characters, none of which is taken for Markdown, HTML or TeX."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#!|$~:&@])", r"\\\1", text)
    escaped = re.sub(r"\b(www)\.", r"\1\\.", escaped, flags=re.IGNORECASE)  # what would become a link
    return re.sub(r"^(\s*\d*)([-+=.)])", r"\1\\\2", escaped, flags=re.MULTILINE)  # what would begin a list or a heading
