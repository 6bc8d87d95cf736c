"""Files that are pictures or the like, and not read here: what they are, by their first bytes."""

from __future__ import annotations

_FIRST = {
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "JPEG XL": (b"\xff\x0a", b"\0\0\0\x0cJXL "),
    "JPEG 2000": (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "),
    "PDF": (b"%PDF",),
    "Photoshop": (b"8BPS",),
    "Icon": (b"\0\0\1\0",),
    "Netpbm": tuple(b"P%d%c" % (number, space) for number in range(1, 8) for space in b" \n\r\t"),
    "OpenEXR": (b"v/1\1",),
    "FITS": (b"SIMPLE  =",),
    "ZIP": (b"PK\3\4",),
    "PostScript": (b"%!PS", b"\xc5\xd0\xd3\xc6"),
    "PCX": (b"\n\5\1",),
    "DDS": (b"DDS ",),
    "ICNS": (b"icns",),
    "SGI": (b"\1\xda\0", b"\1\xda\1"),
    "QOI": (b"qoif",),
    "Radiance HDR": (b"#?RADIANCE",),
    "GIMP": (b"gimp xcf",),
}
_BRANDS = {
    "HEIC": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
    "AVIF": (b"avif", b"avis"),
}
"""Of ISO media files, whose second four bytes are "ftyp"."""


def kind_of(content: bytes) -> str:
    """ "TIFF" and the like; nothing where it is not known."""
    if content[4:8] == b"ftyp":
        return next((kind for kind, brands in _BRANDS.items() if content[8:12] in brands), "Video")
    if content[128:132] == b"DICM":
        return "DICOM"
    if content[-18:-2] == b"TRUEVISION-XFILE":
        return "TGA"
    if b"<svg" in content[:2000]:
        return "SVG"
    return next((kind for kind, first in _FIRST.items() if content.startswith(first)), "")
