"""helpers.datasets.mnist, and what the repository carries: the reader's own arrays, the samples."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import make_mnist_sample
import numpy as np
import pytest
from origins import BODY, make_arrays

from helpers.datasets import DataError, ImageData, fetch, mnist

ROOT = Path(__file__).resolve().parent.parent
COUNTS = "12 training and 8 test images of 6×5, 4 classes"


def same(data: ImageData, arrays: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(getattr(data, name), array) for name, array in arrays.items())


# -- the reader's own file


@pytest.fixture
def own(tmp_path):
    def write(**changes) -> Path:
        path = tmp_path / "own.npz"
        np.savez_compressed(path, **{k: v for k, v in make_arrays(**changes).items() if v is not None})
        return path

    return write


def test_own_file(own, capsys):
    path = own()
    for source in (path, str(path)):
        data = mnist(source)
        assert same(data, make_arrays())
        assert (data.source, data.origin) == ("full", "your file (own.npz)")
        assert capsys.readouterr().out == f"Your data: {COUNTS}, from your file (own.npz)\n"


def test_own_file_that_is_the_sample_says_so(capsys):
    assert mnist(ROOT / "data" / "mnist-sample.npz").source == "sample"
    assert "This is the small sample" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("images", "pixels"),
    [
        (np.uint8([0, 1, 128, 255]), [0, 1, 128, 255]),
        (np.int64([0, 1, 128, 255]), [0, 1, 128, 255]),
        (np.array([0, 1, 128, 255], ">u2"), [0, 1, 128, 255]),
        (np.float32([0, 0.25, 0.5, 1]), [0, 64, 128, 255]),
        (np.float16([0, 0.25, 0.5, 1]), [0, 64, 128, 255]),
        (np.float64([0, 0.2, 0.4, 1.0000001]), [0, 51, 102, 255]),
        (np.float64([0, 1.4, 99.6, 255]), [0, 1, 100, 255]),
        (np.array([False, True, True, False]), [0, 255, 255, 0]),
        (np.uint8([0, 1, 1, 0]), [0, 255, 255, 0]),
    ],
    ids=[
        "uint8",
        "int64",
        "big-endian",
        "float32",
        "float16",
        "a-hair-above-1",
        "float-255",
        "bool",
        "int-0-1",
    ],
)
def test_scale_of_pixels(own, images, pixels):
    def spread(count):
        return np.broadcast_to(images.reshape(1, 2, 2), (count, 2, 2))

    data = mnist(own(x_train=spread(12), x_test=spread(8)))
    assert data.x_train.dtype == data.x_test.dtype == np.uint8
    assert data.x_train[5].ravel().tolist() == data.x_test[7].ravel().tolist() == pixels


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, bool])
def test_labels_of_any_number_type(own, dtype):
    labels = {
        "y_train": (np.arange(12) % 2).astype(dtype)[:, None],
        "y_test": (np.arange(8) % 2).astype(dtype),
    }
    data = mnist(own(**labels))
    assert data.y_train.dtype == data.y_test.dtype == np.int32
    assert data.y_train.tolist() == [0, 1] * 6 and data.num_classes == 2


def test_channel_axis_of_one_is_dropped(own):
    images = make_arrays()["x_train"]
    assert np.array_equal(mnist(own(x_train=images[..., None])).x_train, images)


def with_value(name: str, value: float) -> np.ndarray:
    array = make_arrays()[name].astype(float)
    array.flat[3] = value
    return array


LABELS = np.arange(12) % 4
FAULTS = {
    "one key": (
        {"y_test": None},
        r"lacks y_test; found: x_train, y_train, x_test. Write it with np.savez_compr",
    ),
    "all keys": (dict.fromkeys(make_arrays()), "lacks x_train, y_train, x_test, y_test; found: nothing"),
    "flat": ({"x_train": np.zeros((12, 784))}, r"got \(12, 784\). If the images are flat: x_train.reshape"),
    "one axis": (
        {"x_test": np.zeros(8)},
        r"x_test must have the shape \(images, height, width\), got \(8,\)",
    ),
    "colour": ({"x_train": np.zeros((12, 6, 5, 3))}, r"got \(12, 6, 5, 3\).*in colour, make them grey"),
    "colour, channels first": (
        {"x_train": np.zeros((12, 3, 6, 5))},
        r"got \(12, 3, 6, 5\). The channels seem to come first: x_train = np.moveaxis\(x_train, 1, -1\)\. If "
        r"the images are in colour, make them grey: x_train\[\.\.\., :3\] @",
    ),
    "grey, channels first": (
        {"x_test": np.zeros((8, 1, 6, 5))},
        r"The channels seem to come first: x_test = np.moveaxis\(x_test, 1, -1\)\.$",
    ),
    "a row of colour": (
        {"x_train": np.zeros((12, 3, 5, 3))},
        r"got \(12, 3, 5, 3\)\. If the images are in c",
    ),
    "alpha": ({"x_train": np.zeros((12, 6, 5, 4))}, r"x_train\[\.\.\., :3\] @"),
    "sizes differ": ({"x_test": np.ones((8, 5, 6))}, "x_train has images of 6×5, x_test of 5×6"),
    "too small": ({"x_train": np.ones((12, 6, 1))}, r"2×2 pixels or more, got shape \(12, 6, 1\)"),
    "no pixels": ({"x_train": np.ones((12, 0, 5))}, r"2×2 pixels or more, got shape \(12, 0, 5\)"),
    "no images": ({"x_test": np.ones((0, 6, 5))}, r"x_test must hold at least one image.*\(0, 6, 5\)"),
    "NaN": ({"x_train": with_value("x_train", np.nan)}, "x_train .*be finite, got values from nan to nan"),
    "infinity": ({"x_test": with_value("x_test", np.inf)}, "x_test .*be finite, got values from 0 to inf"),
    "negative": (
        {"x_train": with_value("x_train", -0.5)},
        r"x_train .*0\.\.255.*got values from -0\.5 to 25",
    ),
    "above 255": ({"x_test": with_value("x_test", 256)}, r"x_test .*got values from 0 to 256\. Rescale"),
    "two scales": ({"x_test": np.ones((8, 6, 5)) / 2}, r"differ in scale: .* 25\d and 0\.5"),
    "text images": ({"x_train": np.full((12, 6, 5), "a")}, "x_train must hold numbers, got dtype <U1"),
    "complex": ({"x_train": np.ones((12, 6, 5), complex)}, "x_train must hold numbers, got dtype complex128"),
    "objects": ({"x_train": np.array([[1], [2, 3]], object)}, "x_train holds Python objects, .*can run code"),
    "text labels": ({"y_train": np.array(list("abcd") * 3)}, "y_train must hold whole numbers .*dtype <U1"),
    "half labels": (
        {"y_train": LABELS + 0.5},
        r"y_train must hold whole numbers 0\.\.K-1, got 0\.5, 1\.5, 2\.5",
    ),
    "NaN label": (
        {"y_test": with_value("y_test", np.nan)},
        r"y_test must hold whole numbers 0\.\.K-1, got nan",
    ),
    "huge label": ({"y_train": LABELS * 2.0**40}, r"whole numbers 0\.\.K-1, got 1099511627776"),
    "minus": ({"y_train": LABELS - 1}, r"y_train must hold whole numbers 0\.\.K-1, got -1\."),
    "too few labels": ({"y_train": LABELS[:11]}, r"y_train must have the shape \(12,\), .*got \(11,\)"),
    "one-hot": ({"y_train": np.eye(4)[LABELS]}, r"got \(12, 4\)\. One-hot labels: take y_train\.argmax"),
    "unseen": ({"y_train": LABELS % 3}, "y_test has classes that y_train never shows: 3"),
    "gaps": ({"y_train": LABELS * 2, "y_test": LABELS[:8] * 2}, "its highest label 6, missing: 1, 3, 5"),
    "big gap": (
        {"y_train": LABELS * 10**6},
        "highest label 3000000, missing: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …",
    ),
    "one class": (
        {"y_train": LABELS * 0, "y_test": np.zeros(8)},
        "y_train has only the class 0. A classifier",
    ),
}


@pytest.mark.parametrize(("changes", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_own_file_with_a_fault(own, changes, message):
    path = own(**changes)
    before = path.read_bytes()
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        mnist(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", BODY[:-30], BODY[30:], b"\x93NUMPY\x01\x00" + bytes(200), b"cos\nsystem\n(S'true'\ntR."],
    ids=["empty", "text", "truncated", "beheaded", "npy", "pickle"],
)
def test_own_file_that_is_no_npz(tmp_path, content):
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"own\.npz: the file is not a whole \.npz archive .*np\.savez_compressed"
    ):
        mnist(path)


PACK = (
    'Images go into an .npz: read each as np.asarray(PIL.Image.open(file).convert("L").resize((28, 28))),\n'
    'np.stack them, number their classes from 0, then np.savez_compressed("mine.npz", x_train=x_train, '
    "y_train=y_train, x_test=x_test, y_test=y_test)."
)


def test_images_are_shown_the_way_into_an_npz(tmp_path):
    folder = f"source must be a file, got the folder {tmp_path}. {PACK}"
    with pytest.raises(DataError, match=f"^{re.escape(folder)}$"):
        mnist(tmp_path)
    for name in ("a.png", "b.JPG", "c.jpeg", "d.bmp", "e.tiff", "f.webp", "g.gif"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n")
        message = f"{tmp_path / name}: it is one image, not a set of them with their classes. {PACK}"
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            mnist(tmp_path / name)


def test_the_way_into_an_npz_leads_there(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name in "ab":
        image.new("RGB", (40, 30), (0, 90 if name == "a" else 9, 0)).save(tmp_path / f"{name}.png")
    found = [np.asarray(image.open(file).convert("L").resize((28, 28))) for file in tmp_path.glob("*.png")]
    part = {"x": np.stack(found), "y": np.arange(2)}
    arrays = {f"{name}_{split}": array for name, array in part.items() for split in ("train", "test")}
    np.savez_compressed(tmp_path / "mine.npz", **arrays)
    assert sorted(mnist(tmp_path / "mine.npz").x_train[:, 0, 0].tolist()) == [5, 53]  # 0.587 of the green


@pytest.mark.parametrize(
    ("inner", "edge", "said"), [(0, 255, True), (255, 0, False), (255, 127, False), (0, 128, True)]
)
@pytest.mark.parametrize("scale", [1, 255])
def test_a_bright_background_is_told(own, capsys, inner, edge, said, scale):
    images = np.full((12, 6, 5), edge / scale)
    images[:, 1:-1, 1:-1] = inner / scale
    images[:, 0, :2] = inner / scale  # some symbols reach the border
    mnist(own(x_train=images, x_test=images[:8]))
    note = "; bright background: the recipe expects bright symbols on dark; 255 - images?, from your file"
    assert (note in capsys.readouterr().out) is said


@pytest.mark.parametrize(("shape", "said"), [((64, 64), False), ((65, 2), True), ((2, 65), True)])
def test_large_images_are_told(own, capsys, shape, said):
    mnist(own(x_train=np.ones((12, *shape)), x_test=np.ones((8, *shape)), y_test=np.zeros(8)))
    note = "; more than 64 pixels a side: time and memory grow with the area"
    assert (note in capsys.readouterr().out) is said


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("(1000000, 1000, 1000)", r"not a whole \.npz archive"),  # a terabyte, or so it says
        ("(2, 6, 5)", "x_train is longer than its header says"),
    ],
)
def test_archive_whose_header_lies(own, shape, message):
    path = own(x_train=None)
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train.npy", b"\x93NUMPY\x01\x00" + bytes([len(header), 0]) + header + bytes(360))
    with pytest.raises(DataError, match=message):
        mnist(path)


def test_zip_bomb_is_not_unpacked(own, monkeypatch):
    path = own(x_train=np.zeros((12, 1000, 1000), np.uint8))
    assert path.stat().st_size < 100_000 and fetch.MAX_UNPACKED == 4 * 2**30
    monkeypatch.setattr(fetch.files, "MAX_UNPACKED", 1_000_000)
    monkeypatch.setattr(np.lib.format, "read_array", lambda *_, **__: pytest.fail("unpacked"))
    with pytest.raises(DataError, match=r"unpack to 12,\d{3},\d{3} bytes, at most 1,000,000 are accepted"):
        mnist(path)


# -- what the repository carries


def test_samples_are_listed_with_their_checksum():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` .*\| `([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    files = [path for path in (ROOT / "data").iterdir() if path.name != "README.md"]
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert all(path.stat().st_size < 2_000_000 for path in files)


def test_mnist_sample():
    data = mnist("bundled")
    assert np.bincount(data.y_train).tolist() == [400] * 10
    assert np.bincount(data.y_test).tolist() == [100] * 10
    images = np.concatenate([data.x_train, data.x_test]).reshape(5000, -1)
    assert len(np.unique(images, axis=0)) == 5000  # none in both parts
    assert (images.min(), images.max()) == (0, 255)


def test_sample_script_splits_each_class_alike():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 500)
    numbered = np.arange(5000, dtype=np.uint16)[:, None, None]
    arrays = make_mnist_sample.split(numbered, labels)
    assert np.bincount(arrays["y_train"]).tolist() == [400] * 10
    assert np.bincount(arrays["y_test"]).tolist() == [100] * 10
    rows = np.concatenate([arrays["x_train"], arrays["x_test"]]).ravel()
    assert sorted(rows) == list(range(5000))
    assert np.array_equal(rows[:4000] // 500, arrays["y_train"])
    assert rows[:4].tolist() == [757, 3875, 4803, 1445]  # the seed and the generator of the committed file


def test_import_is_light():
    heavy = {"keras", "tensorflow", "pandas", "scipy", "opencc"}
    code = f"import sys, helpers.datasets; print({heavy} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
