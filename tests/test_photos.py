import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from respectra.photos import TURNS, check_pixels, read_photo
from tests.test_colour_profiles import swap_red_and_green

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (6, 9, 3), dtype=np.uint16)


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_photo_is_turned_as_its_camera_meant(
    tmp_path: Path, orientation: int, suffix: str
) -> None:
    image = Image.fromarray(RGB)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / f"a.{suffix}", image, exif=exif, **({"lossless": True} if suffix == "webp" else {}))  # fmt: skip
    transposes = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
    }  # fmt: skip
    assert set(TURNS) == set(transposes)
    expected = image.transpose(transposes[orientation]) if orientation > 1 else image
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.pixels, np.asarray(expected))
    assert (photo.notes, photo.greatest) == ((), 255)


@pytest.mark.parametrize(
    "options",
    [{}, {"compression": "zlib"}, {"byteorder": ">"}, {"planarconfig": "separate"}, {"tile": (16, 16)}],
    ids=str,
)  # fmt: skip
def test_a_tiff_of_sixteen_bits_keeps_its_bits(tmp_path: Path, options: dict[str, object]) -> None:
    pixels = np.moveaxis(DEEP, -1, 0) if "planarconfig" in options else DEEP
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", **options)  # type: ignore[arg-type]
    photo = read_photo(tmp_path / "a.tif")
    assert photo.greatest == 65535
    np.testing.assert_array_equal(photo.pixels, DEEP)


def save_lzw(folder: Path) -> Path:
    """A TIFF of 16 bits with LZW, as editors of photos write it."""
    return save(folder / "a.tif", Image.fromarray(DEEP[..., 0]), compression="tiff_lzw")


def test_a_tiff_with_lzw_keeps_its_bits(tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs")
    photo = read_photo(save_lzw(tmp_path))
    np.testing.assert_array_equal(photo.pixels, np.repeat(DEEP[..., :1], 3, axis=2))


READ_WITHOUT_IMAGECODECS = """
import sys
sys.modules["imagecodecs"] = None
from respectra.photos import read_photo
read_photo(sys.argv[1])
"""


def test_a_compression_that_needs_a_package_names_it(tmp_path: Path) -> None:
    """In a process of its own, because tifffile looks for the package when it is imported."""
    command = [sys.executable, "-c", READ_WITHOUT_IMAGECODECS, str(save_lzw(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True)
    last_line = done.stderr.strip().splitlines()[-1]
    assert "a.tif: has 16 bits and the compression LZW, which needs" in last_line


def test_what_is_converted_is_told(tmp_path: Path) -> None:
    image = Image.fromarray(RGB)
    grey = save(tmp_path / "grey.png", image.convert("L"))
    pages = save(tmp_path / "a.mpo", image, format="MPO", save_all=True, append_images=[image])
    cases = {
        grey: "it is grey, so its spectra rest on brightness alone",
        save(tmp_path / "black.png", image.convert("1")): "it is grey",
        save(tmp_path / "cmyk.jpg", image.convert("CMYK")): "it is CMYK without a colour profile",
        save(
            tmp_path / "clear.png", Image.fromarray(np.dstack([RGB, RGB[..., 0]]))
        ): "transparency",
        pages: "several pictures; the first is used",
    }
    for path, note in cases.items():
        photo = read_photo(path)
        assert photo.pixels.shape == (6, 9, 3)
        assert len(photo.notes) == 1, path
        assert note in photo.notes[0]
    pixels = read_photo(grey).pixels
    assert (pixels[..., 0] == pixels[..., 2]).all()
    deep = tmp_path / "deep.png"
    Image.fromarray(DEEP[..., 0]).save(deep)
    np.testing.assert_array_equal(read_photo(deep).pixels[..., 1], DEEP[..., 0])


def test_opaque_pixels_palettes_and_srgb_profiles_need_no_note(tmp_path: Path) -> None:
    opaque = Image.fromarray(np.dstack([RGB, np.full((6, 9), 255, np.uint8)]))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(RGB)
    for path in (
        save(tmp_path / "a.png", opaque),
        save(tmp_path / "b.png", image.quantize(60)),
        save(tmp_path / "c.png", image, icc_profile=profile),
        save(tmp_path / "d.png", image, icc_profile=b"broken"),
    ):
        photo = read_photo(path)
        np.testing.assert_array_equal(photo.pixels, RGB)
        assert photo.notes == ()


def test_other_colour_spaces_are_converted(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(RGB), icc_profile=swap_red_and_green())
    photo = read_photo(path)
    assert np.abs(photo.pixels - RGB[..., [1, 0, 2]].astype(int)).max() <= 2
    assert "its colours are converted from swap" in photo.notes[0]


def test_a_profile_of_sixteen_bits_is_used(tmp_path: Path) -> None:
    """As editors of photos write it."""
    pytest.importorskip("imagecodecs")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, DEEP, photometric="rgb", iccprofile=swap_red_and_green())
    photo = read_photo(path)
    assert photo.greatest == 65535
    assert np.abs(photo.pixels - DEEP[..., [1, 0, 2]].astype(int)).max() <= 40
    assert "its colours are converted from swap" in photo.notes[0]


@pytest.mark.parametrize(
    ("pixels", "options", "message"),
    [
        (DEEP.astype(np.float32), {"photometric": "rgb"}, "3 channels of float32; multiply values from 0 to 1"),
        (DEEP.astype(np.uint32), {"photometric": "rgb"}, "3 channels of uint32; save it with 8 or 16 bits"),
        (np.ones((6, 9, 31), np.float32), {"planarconfig": "contig"}, "31 channels of float32, more than a photo"),
        (np.ones((6, 9, 31), np.uint8), {"planarconfig": "contig"}, "31 channels of uint8, .*`respectra view`"),
        (np.ones((31, 6, 9), np.uint16), {}, "31 pages; .*if they are the bands of a cube, open it with"),
    ],
)  # fmt: skip
def test_a_tiff_that_is_no_photo_is_described(
    tmp_path: Path, pixels: NDArray[np.generic], options: dict[str, str], message: str
) -> None:
    options = {"photometric": "minisblack", **options}
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=rf"a\.tif: .*{message}"):
        read_photo(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("form", "exif"),
    [
        *((form, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff") for form in ("JPEG", "PNG", "WEBP")),
        *((form, b"Exif\0\0" + bytes(40)) for form in ("PNG", "WEBP")),
    ],
)
def test_a_damaged_exif_is_noted(
    tmp_path: Path, form: str, exif: bytes, recwarn: pytest.WarningsRecorder
) -> None:
    """It states at most how to turn the photo; libraries print lines of their own about it."""
    path = tmp_path / "photo"
    Image.fromarray(RGB).save(path, form, exif=exif)
    photo = read_photo(path)
    assert photo.pixels.shape == RGB.shape
    assert photo.notes == ("its EXIF is damaged, so it may be turned or mirrored",)
    assert len(recwarn) == 0


def test_a_tiff_without_a_picture_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + bytes(20))
    with pytest.raises(ValueError, match=r"a\.tif: cannot be read as a picture: .*damaged TIFF"):
        read_photo(tmp_path / "a.tif")


def test_values_that_are_no_photo_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.tif", Image.fromarray(RGB[..., 0].astype(np.float32)))
    with pytest.raises(ValueError, match=r"a\.tif: .*1 channel of float32; multiply values from"):
        read_photo(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"shape \(rows, columns, 3\), not \(3, 6, 9\)"):
        check_pixels(np.moveaxis(RGB, -1, 0))
    with pytest.raises(ValueError, match="uint8 or uint16, not float64; multiply"):
        check_pixels(RGB / 255)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "dng"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.8])
def test_a_damaged_photo_is_told_in_a_sentence(tmp_path: Path, suffix: str, share: float) -> None:
    file, path = io.BytesIO(), tmp_path / f"a.{suffix}"
    kind = {"jpg": "JPEG", "tif": "TIFF", "dng": "TIFF"}.get(suffix, suffix.upper())
    Image.fromarray(RNG.integers(0, 256, (50, 60, 3), dtype=np.uint8)).save(file, kind)
    path.write_bytes(file.getvalue()[: int(share * len(file.getvalue()))])
    with pytest.raises(ValueError, match=rf"a\.{suffix}: ") as caught:
        read_photo(path)
    assert "\n" not in str(caught.value)


def write_dng(path: Path, mosaic: NDArray[np.uint16]) -> Path:
    """A raw file as a camera writes it: a Bayer mosaic RGGB, turned by its orientation."""
    unit = (10000, 10000, 0, 1, 0, 1, 0, 1, 10000, 10000, 0, 1, 0, 1, 0, 1, 10000, 10000)
    tags = [
        (50706, "B", 4, b"\1\4\0\0", True), (50708, "s", 0, "Camera", True),
        (33421, "H", 2, (2, 2), True), (33422, "B", 4, b"\0\1\1\2", True),
        (50717, "H", 1, 65535, True), (50721, "2i", 9, unit, True),
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True), (50778, "H", 1, 21, True),
        (274, "H", 1, 6, True),
    ]  # fmt: skip
    tifffile.imwrite(path, mosaic, photometric=32803, extratags=tags, metadata=None)
    return path


@pytest.mark.parametrize("name", ["a.dng", "a.tif"])
def test_a_raw_photo_is_developed_turned_and_has_sixteen_bits(tmp_path: Path, name: str) -> None:
    pytest.importorskip("rawpy")
    mosaic = np.full((64, 96), 9000, np.uint16)
    mosaic[::2, ::2] = 30000  # red
    path = write_dng(tmp_path / "a.dng", mosaic)
    if name != "a.dng":  # LibRaw reads it by its content
        path = path.rename(tmp_path / name)
    photo = read_photo(path)
    assert (photo.pixels.shape, photo.greatest) == ((96, 64, 3), 65535)
    red, green, _ = photo.pixels[40, 30]
    assert red > 1.5 * green
    assert "raw, developed to sRGB" in photo.notes[0]


def test_a_heic_photo_is_read_and_turned_once(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    smooth = np.broadcast_to(np.linspace(0, 255, 64)[:, None, None], (64, 96, 3)).astype(np.uint8)
    path = save(tmp_path / "a.heic", Image.fromarray(smooth), exif=exif.tobytes(), quality=95)
    photo = read_photo(path)
    expected = np.rot90(smooth, -1).astype(int)
    assert photo.pixels.shape == expected.shape
    assert np.abs(photo.pixels - expected).max() < 12


@pytest.mark.parametrize(
    ("content", "package"),
    [(b"raw", "rawpy"), (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "pillow-heif")],
)
def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package.replace("-", "_"), None)
    path = tmp_path / ("a.nef" if package == "rawpy" else "a.jpg")
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"needs the package {package}; .*respectra\[photos\]"):
        read_photo(path)


def test_real_files_as_people_have_them(shared: Path) -> None:
    field = shared / "data/field"
    photo = read_photo(field / "photos_only/phone.jpg")
    assert photo.pixels.shape == (60, 48, 3)
    assert "several pictures" in read_photo(field / "pictures/mpo.jpg").notes[0]
    assert "CMYK" in read_photo(field / "pictures/cmyk.jpg").notes[0]
