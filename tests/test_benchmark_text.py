"""helpers.datasets.benchmark_text: WikiText-2 and the Penn Treebank. Talks to 127.0.0.1 only."""

import contextlib
import hashlib
import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from origins import cut, files_in, status, whole

from helpers import datasets
from helpers.datasets import DataError, benchmark_text, fetch

TEXTS = {
    "train": " \n = A Title = \n \n The cat , <unk> as ever , sat . \n",
    "valid": " The cat sat . \n \n",
    "test": " \n A cat <unk> . \n",
}
SIZES = (17, 6, 6, 12)  # counted by hand: tokens and line ends of the parts, different ones in training
COUNTS = "17 training, 6 validation and 6 test tokens, 12 different ones"


def packed(texts: dict[str, str | bytes], name: str = "wikitext-2/wiki.{}.tokens") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in texts.items():
            archive.writestr(name.format(part), text)
    return buffer.getvalue()


ZIP = packed(TEXTS)


def pinned(body: bytes) -> tuple[int, str]:
    return len(body), hashlib.sha256(body).hexdigest()


@pytest.fixture
def origin(cache, server, monkeypatch):
    """A server in place of both origins, which has the small texts above."""
    known = datasets._benchmark_text.YARDSTICKS
    url = server.url.rpartition("/")[0]
    files = {"wikitext-2-v1.zip": pinned(ZIP)}
    changed = known["wikitext-2"]._replace(url=url, files=files, sizes=SIZES)
    monkeypatch.setitem(known, "wikitext-2", changed)
    files = {f"ptb.{part}.txt": pinned(text.encode()) for part, text in TEXTS.items()}
    monkeypatch.setitem(known, "ptb", known["ptb"]._replace(url=url, files=files, sizes=SIZES))
    server.answers = [whole(ZIP)]
    return server


def parts_of() -> list:
    return [whole(text.encode()) for text in TEXTS.values()]


def test_origins_and_sizes_are_the_published_ones():
    wikitext, treebank = (datasets._benchmark_text.YARDSTICKS[name] for name in ("wikitext-2", "ptb"))
    # Merity et al. (2016), table 1, and the author's own count of the vocabulary.
    assert wikitext.sizes == (2_088_628, 217_646, 245_569, 33_278)
    assert wikitext.url == "https://wikitext.smerity.com"
    # 887,521, 70,390 and 78,669 words on 42,068, 3,370 and 3,761 lines.
    assert treebank.sizes == (887_521 + 42_068, 70_390 + 3_370, 78_669 + 3_761, 10_000)
    # As in the checksums of the `datasets` library.
    assert {name: size for name, (size, _) in (wikitext.files | treebank.files).items()} == {
        "wikitext-2-v1.zip": 4_475_746,
        "ptb.train.txt": 5_101_618,
        "ptb.valid.txt": 399_782,
        "ptb.test.txt": 449_945,
    }
    hashes = [sha256 for _, sha256 in (wikitext.files | treebank.files).values()]
    assert [sha256[:8] for sha256 in hashes] == ["92675f1d", "fcea919f", "c9fe6985", "dd65dff3"]
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in hashes)


def test_archive_is_kept_as_it_came(origin, cache, capsys):
    data = benchmark_text("wikitext-2")
    assert data.train == ["", "= A Title =", "", "The cat , <unk> as ever , sat ."]
    assert (data.validation, data.test) == (["The cat sat .", ""], ["", "A cat <unk> ."])
    assert (data.is_published, data.source) == (True, "full")
    assert files_in(cache) == ["wikitext-2.zip"] and (cache / "wikitext-2.zip").read_bytes() == ZIP
    line = f"WikiText-2: {COUNTS}, as published, from the public origin, now in the cache (wikitext-2.zip)\n"
    assert capsys.readouterr() == (line, "")
    assert benchmark_text("wikitext-2").test == data.test
    assert "from the cache" in capsys.readouterr().out
    assert origin.requests == 1


def test_three_files_become_one_archive(origin, cache, capsys):
    origin.answers = parts_of()
    data = benchmark_text("ptb")
    assert data.train == ["", "= A Title =", "", "The cat , <unk> as ever , sat ."] and data.is_published
    assert origin.requests == 3 and files_in(cache) == ["ptb.zip"]
    with zipfile.ZipFile(cache / "ptb.zip") as archive:
        assert archive.namelist() == ["ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"]
    assert capsys.readouterr().out.startswith(f"Penn Treebank: {COUNTS}, as published, from the public")
    assert benchmark_text("ptb", "cache").validation == data.validation


def test_counts_are_those_of_a_reader_who_splits_and_adds_an_end(origin):
    """As the papers' own programs count: the words of each line and one `<eos>`."""
    data = benchmark_text("wikitext-2")
    words = Counter()
    for line in TEXTS["train"].splitlines():
        words.update([*line.split(), "<eos>"])
    assert (words.total(), len(words)) == (SIZES[0], SIZES[3])
    assert sum(len([*line.split(), "<eos>"]) for line in data.train) == SIZES[0]


# -- faults of the network


def trickle(body: bytes):
    def answer(handler):
        handler.start(len(body))
        with contextlib.suppress(OSError):
            while not handler.server.closing.wait(0.1):
                handler.wfile.write(b"x")

    return answer


FAULTS = {
    "404": (lambda _: status(404), "answered 404 Not Found"),
    "truncated": (cut, "cut the connection"),
    "short": (lambda body: whole(body[:-1]), "exactly"),
    "wrong hash": (lambda body: whole(body[::-1]), "sent the wrong content"),
    "slow": (trickle, "bytes per second"),
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("name", ["wikitext-2", "ptb"])
def test_fault_leaves_nothing(origin, cache, monkeypatch, name, fault, message):
    monkeypatch.setattr(fetch.web, "STALL_WINDOW", 0.2)
    second = fault(TEXTS["valid"].encode())
    origin.answers = [fault(ZIP)] if name == "wikitext-2" else [parts_of()[0], second]
    way_out = rf'Check the connection .*{re.escape(str(cache / name))}\.zip, or use source="bundled"'
    with pytest.raises(DataError, match=f"{message}.*{way_out}"):
        benchmark_text(name, "online")
    assert files_in(cache) == []


def test_what_can_pass_is_tried_again(origin, cache):
    first, *others = parts_of()
    origin.answers = [first, status(503), *others]
    assert benchmark_text("ptb", "online").is_published
    assert origin.requests == 4


def test_no_source_has_it(origin, cache):
    origin.answers = [status(404)]
    with pytest.raises(DataError, match=r"no source has WikiText-2: .*404.*no bundled wikitext-2\.zip"):
        benchmark_text("wikitext-2")
    with pytest.raises(DataError, match=r"no bundled ptb\.zip: it may not be copied into the cookbook"):
        benchmark_text("ptb", "bundled")


# -- the cache and the reader's own file

WRONG = {
    "other sizes": (packed(TEXTS | {"test": "A cat . \n"}), "its sizes are .* 4 test .*has .* 6 test"),
    "no test": (packed({"train": "a", "valid": "a"}), "must have one file for test, found: wikitext-2/wiki"),
    "two trainings": (packed(TEXTS | {"train.old": "a"}), "one file for train, found: .*wiki.train.old"),
    "no words": (packed(TEXTS | {"valid": " \n \n"}), "wiki.valid.tokens has no token"),
    "latin-1": (packed(TEXTS | {"test": "caf\xe9".encode("latin-1")}), "not UTF-8.*0xe9 at 3"),
    "no archive": (TEXTS["train"].encode(), "not a whole .zip archive"),
    "half": (ZIP[: len(ZIP) // 2], "not a whole .zip archive"),
    "a flipped bit": (ZIP[:60] + bytes([ZIP[60] ^ 4]) + ZIP[61:], "cannot be read"),
    "empty": (packed({}), "must have one file for train, found: nothing"),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG.keys())
def test_damaged_cache_is_named(origin, cache, content, message):
    cache.mkdir()
    (cache / "wikitext-2.zip").write_bytes(content)
    with pytest.raises(DataError, match=rf"wikitext-2\.zip in the cache is damaged.*{message}"):
        benchmark_text("wikitext-2", "cache")


def own(folder: Path, content: bytes) -> Path:
    (folder / "mine.zip").write_bytes(content)
    return folder / "mine.zip"


@pytest.mark.parametrize(
    "name", ["{}.txt", "ptb.{}.txt", "wikitext-2/wiki.{}.tokens", "data/{}", "a_{}ing.txt", "train/{}.txt"]
)
def test_own_text_in_that_form(origin, tmp_path, capsys, name):
    texts = {"train": "uno dos\r\ntres\r\n", "valid": "dos\n", "test": "uno  uno\n\ntres"}
    data = benchmark_text("ptb", own(tmp_path, packed(texts, name)))
    assert (data.train, data.validation, data.test) == (["uno dos", "tres"], ["dos"], ["uno uno", "", "tres"])
    assert (data.is_published, data.source) == (False, "full")
    sizes = "5 training, 2 validation and 6 test tokens, 4 different ones; not the published text: compare"
    assert capsys.readouterr().out.startswith(f"Your data: {sizes}")
    assert origin.requests == 0


def test_own_copy_of_the_published_text(origin, tmp_path, capsys):
    data = benchmark_text("wikitext-2", own(tmp_path, packed(TEXTS | {"README": "by the author"}, "{}")))
    assert data.is_published and ", as published, from" in capsys.readouterr().out


def test_what_a_mac_adds_is_passed_over(origin, tmp_path):
    texts = {f"{part}.txt": text for part, text in TEXTS.items()}
    hidden = {f"__MACOSX/._{name}": b"\x00\x05" for name in texts}
    assert benchmark_text("ptb", own(tmp_path, packed(texts | hidden, "{}"))).is_published


def test_unknown_name():
    with pytest.raises(DataError, match="name must be one of wikitext-2, ptb, got 'wikitext-103'"):
        benchmark_text("wikitext-103")
