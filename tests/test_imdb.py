"""helpers.datasets.imdb: the archive, the reader's CSV, and the bundled sample. Talks to 127.0.0.1 only."""

import csv
import gzip
import hashlib
import http.server
import io
import re
import tarfile
import threading
from collections import Counter
from pathlib import Path

import make_imdb_sample
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from origins import check_rebuilt, files_in
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from helpers import datasets
from helpers.datasets import DataError, fetch, imdb, imdb_unlabeled

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("train/pos", "train/neg", "train/unsup", "test/pos", "test/neg")


# -- an archive like Stanford's, and a server for it


def members(**changes) -> dict[str, bytes]:
    """Names and contents: three reviews of each part, the second of each about one film."""
    files = {"README": b"see the paper", "train/labeledBow.feat": b"0:9 1:1"}
    for part in PARTS:
        split, kind = part.split("/")
        rating = {"pos": 9, "neg": 2, "unsup": 0}[kind]
        films = [f"tt{PARTS.index(part)}000{number}" if number != 1 else "tt7777777" for number in range(3)]
        lines = [f"http://www.imdb.com/title/{film}/usercomments\n" for film in films]
        files[f"{split}/urls_{kind}.txt"] = "".join(lines).encode()
        for number in (2, 0, 1):
            text = f'{part} {number}: "so-so", naïve<br />'
            files[f"{part}/{number}_{rating}.txt"] = text.encode()
    return {f"aclImdb/{name}": content for name, content in files.items()} | changes


def archive(files: dict[str, bytes | tarfile.TarInfo | None]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                tar.addfile(content)
            elif content is not None:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(datasets._imdb, "URL", "http://127.0.0.1:9/aclImdb_v1.tar.gz")


@pytest.fixture
def serve(monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def start(body: bytes) -> http.server.HTTPServer:
            server.body, server.requests = body, 0
            monkeypatch.setattr(
                datasets._imdb, "URL", f"http://127.0.0.1:{server.server_port}/aclImdb_v1.tar.gz"
            )
            monkeypatch.setattr(datasets._imdb, "SIZE", len(body))
            monkeypatch.setattr(datasets._imdb, "SHA256", hashlib.sha256(body).hexdigest())
            return server

        yield start
        server.shutdown()
        thread.join()


def test_origin_is_pinned(monkeypatch):
    monkeypatch.undo()
    assert datasets._imdb.URL == "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
    # As in the checksums of TensorFlow Datasets.
    assert datasets._imdb.SIZE == 84_125_825
    assert datasets._imdb.SHA256 == "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"


def test_archive_becomes_both_tables(cache, serve, capsys):
    server = serve(archive(members()))
    data = imdb()
    counts = "6 training and 6 test texts, 2 classes (negative, positive); 9 groups"
    counts += ", 1 of them in both parts"
    assert capsys.readouterr().out == (
        f"IMDB: {counts}, from the public origin, now in the cache (imdb.csv.gz)\n"
    )
    expected = [
        f'train/{kind} {number}: "so-so", naïve<br />' for kind in ("neg", "pos") for number in range(3)
    ]
    assert data.x_train.tolist() == expected
    assert data.x_test.tolist() == [text.replace("train", "test") for text in expected]
    for labels in (data.y_train, data.y_test):
        assert_array_equal(labels, [0, 0, 0, 1, 1, 1])
        assert labels.dtype == np.int32
    assert data.group_train.dtype == np.int32 and data.x_train.dtype == object
    assert data.group_train[1] == data.group_train[4] == data.group_test[1] == data.group_test[4]
    assert len(set(data.group_train)) == 5
    assert (data.class_names, data.num_classes, data.source) == (("negative", "positive"), 2, "full")

    assert files_in(cache) == ["imdb-unlabeled.csv.gz", "imdb.csv.gz"]
    text = gzip.decompress((cache / "imdb.csv.gz").read_bytes()).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[:2] == [
        ["split", "label", "id", "rating", "film", "text"],
        ["train", "0", "0", "2", "tt10000", 'train/neg 0: "so-so", naïve<br />'],
    ]
    assert (cache / "imdb.csv.gz").stat().st_mode & 0o777 == 0o644
    unlabelled = imdb_unlabeled()
    assert unlabelled.texts.tolist() == [text.replace("neg", "unsup") for text in expected[:3]]
    assert unlabelled.source == "full" and unlabelled.texts.dtype == object
    assert "IMDB, unlabelled: 3 texts, from the cache" in capsys.readouterr().out
    assert server.requests == 1


def test_unlabelled_reviews_first(cache, serve):
    server = serve(archive(members()))
    assert len(imdb_unlabeled("online").texts) == 3
    assert len(imdb("cache").x_train) == 6
    assert server.requests == 1


def a_link(target: str) -> tarfile.TarInfo:
    link = tarfile.TarInfo()
    link.type, link.linkname = tarfile.SYMTYPE, target
    return link


def test_evil_names_touch_nothing(cache, serve, tmp_path):
    evil = {
        "../evil.txt": b"x",
        "/etc/../evil.txt": b"x",
        "aclImdb/train/pos/../../../../evil.txt": b"x",
        "aclImdb/train/pos/9_9.txt/../7_7.txt": b"x",
        "aclImdb/train/pos/7_7.txt\n": b"x",
        "aclImdb/train/other/7_7.txt": b"x",
        "other/aclImdb/train/pos/7_7.txt": b"x",
        "aclImdb/evil": a_link("/etc"),
    }
    serve(archive(evil | members()))
    assert len(imdb("online").x_train) == 6
    assert files_in(cache) == ["imdb-unlabeled.csv.gz", "imdb.csv.gz"]
    assert files_in(tmp_path) == ["cache", "cache/imdb-unlabeled.csv.gz", "cache/imdb.csv.gz"]


WHOLE = archive(members())
FIRST = "aclImdb/train/neg/0_2.txt"
NO_FILE = "train/neg/0_2.txt in the archive is no file of at most 4,194,304 bytes"
BROKEN = {
    "no url list": (
        archive(members(**{"aclImdb/test/urls_pos.txt": None})),
        "names 0 films for the 3 reviews of test/pos",
    ),
    "short url list": (
        archive(members(**{"aclImdb/test/urls_pos.txt": b"http://www.imdb.com/title/tt1/usercomments\n"})),
        "names 1 films for the 3 reviews of test/pos",
    ),
    "a gap": (archive(members(**{FIRST: None})), "the archive lacks the review 0 of train/neg"),
    "no test": (
        archive({n: c for n, c in members().items() if "test/neg" not in n}),
        "lacks the review 0 of test/neg",
    ),
    "oversized": (archive(members(**{FIRST: bytes(5 << 20)})), NO_FILE),
    "a link": (archive(members(**{FIRST: a_link("/etc/passwd")})), NO_FILE),
    "latin-1": (archive(members(**{FIRST: b"na\xefve"})), "the archive is damaged .*utf-8"),
    "truncated": (WHOLE[: len(WHOLE) // 2], "the archive is damaged .EOFError"),
    "garbage": (b"<html>not found</html>", "the archive is damaged .*Not a gzipped file"),
    "no tar": (gzip.compress(b"hello" * 1000), "the archive is damaged"),
    "empty tar": (archive({}), "the archive (lacks|is damaged)"),
}


@pytest.mark.parametrize(("body", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_archive_leaves_nothing(cache, serve, body, message):
    serve(body)
    with pytest.raises(DataError, match=f"{message}.*Check the connection.*imdb.csv.gz"):
        imdb("online")
    assert files_in(cache) == []


@pytest.mark.parametrize(("limit", "value"), [("MAX_MEMBERS", 10), ("MAX_UNPACKED", 300)])
def test_archive_is_bounded(cache, serve, monkeypatch, limit, value):
    monkeypatch.setattr(datasets._imdb, limit, value)
    serve(WHOLE)
    with pytest.raises(DataError, match="the archive holds more than"):
        imdb("online")
    assert files_in(cache) == []


def test_the_second_file_arrives_by_a_rename_too(cache, serve):
    serve(WHOLE)
    cache.mkdir()
    beside = cache / "imdb-unlabeled.csv.gz"
    beside.write_bytes(b"an old one")
    with open(beside, "rb") as reader:
        imdb("online")
        assert imdb_unlabeled("cache").source == "full"
        assert reader.read() == b"an old one"  # what was open stays as it was


def test_wrong_content_is_not_opened(cache, serve, monkeypatch):
    serve(WHOLE)
    monkeypatch.setattr(datasets._imdb, "SHA256", "0" * 64)
    monkeypatch.setattr(datasets._imdb, "_read_archive", lambda _: pytest.fail("opened"))
    with pytest.raises(DataError, match="sent the wrong content"):
        imdb("online")
    assert files_in(cache) == []


def test_damaged_cache_is_named(cache):
    cache.mkdir()
    (cache / "imdb.csv.gz").write_bytes(gzip.compress(b"split,label,id,rating,film,text\n" * 9)[:-9])
    with pytest.raises(DataError, match=r"imdb.csv.gz in the cache is damaged.*cannot be read"):
        imdb("cache")


# -- the reader's own CSV

OWN = "text,label,split\n" + "".join(
    f'"text {number}, so",{label},{split}\n'
    for split in ("train", "test")
    for number, label in enumerate(["sport", "art", "news"] * 2)
).replace("text", "a text")


@pytest.fixture
def own(save):
    return lambda content, name="mine.csv": save(content, name)


def test_unicode_text_as_a_spreadsheet_saves_it(own):
    rows = "".join(f"naïve {number},{'ab'[number % 2]}\n" for number in range(10))
    data = imdb(own(f"\ufefftext,label\n{rows}".encode("utf-16-le")))
    assert data.class_names == ("a", "b")
    assert sorted([*data.x_train, *data.x_test]) == [f"naïve {number}" for number in range(10)]


def test_own_classes(own, capsys):
    data = imdb(own(OWN.replace("test\n", " TEST\n", 1)))
    assert data.class_names == ("art", "news", "sport") and data.num_classes == 3
    assert_array_equal(data.y_train, [2, 0, 1, 2, 0, 1])
    assert_array_equal(data.y_test, [2, 0, 1, 2, 0, 1])
    assert data.x_train[1] == "a text 1, so"
    assert (data.source, data.origin) == ("full", "your file (mine.csv)")
    line = "Your data: 6 training and 6 test texts, 3 classes (art, news, sport)"
    copies = "6 test texts stand in training too"
    assert capsys.readouterr().out == f"{line}; {copies}, from your file (mine.csv)\n"


@pytest.mark.parametrize(
    ("labels", "names", "numbers"),
    [
        (["10", "9", "10", "9"], ("9", "10"), [1, 0, 1, 0]),
        (["1", "1.0", "0", "-1", "0", "-1.0"], ("-1", "0", "1"), [2, 2, 1, 0, 1, 0]),
        (["1.5", "1000000", "1.5", "1e6"], ("1.5", "1000000"), [0, 1, 0, 1]),
        (["nan", "1", "nan", "1"], ("1", "nan"), [1, 0, 1, 0]),
        (["Infinity", "1", "Infinity", "1"], ("1", "Infinity"), [1, 0, 1, 0]),
        ([" b ", "a", "b", "A", "a", "A"], ("A", "a", "b"), [2, 1, 2, 0, 1, 0]),
        (["无", "好", "无", "好"], ("好", "无"), [1, 0, 1, 0]),
    ],
)
def test_labels_as_words_or_numbers(own, labels, names, numbers):
    rows = [f"{part} {n},{label},{part}" for part in ("train", "test") for n, label in enumerate(labels)]
    data = imdb(own("text,label,split\n" + "\n".join(rows)))
    assert data.class_names == names
    assert_array_equal(data.y_train, numbers)
    assert_array_equal(data.y_test, numbers)


def test_columns_in_any_order_and_case_and_gzip(own):
    rows = [f"{split},{film},{label},{split} {film}{n}" for split in ("train", "test")
            for film in "ab" for n, label in enumerate((0, 1))]  # fmt: skip
    data = imdb(own("\ufeffSPLIT, Group ,Label,TEXT\r\n" + "\r\n".join(rows) + "\r\n\r\n", "mine.csv.gz"))
    assert data.x_train.tolist() == ["train a0", "train a1", "train b0", "train b1"]
    assert_array_equal(data.group_train, [0, 0, 1, 1])
    assert_array_equal(data.group_test, [0, 0, 1, 1])
    assert data.class_names == ("0", "1")  # no rating, no film: not IMDB


def test_text_with_line_breaks_and_quotes_keeps_them(own):
    text = 'He said "no"\nand, then\r\nnothing; 好 😀 '
    buffer = io.StringIO(newline="")
    rows = [[f"{text}{n}", n % 2, part] for part in ("train", "test") for n in range(4)]
    csv.writer(buffer).writerows([["text", "label", "split"], *rows])
    assert imdb(own(buffer.getvalue())).x_train[0] == f"{text}0"


def ungrouped(count: int = 500, copies: int = 1, groups: bool = False) -> str:
    rows = [f"text {n},{n % 2}" + f",film {n % 50}" * groups for n in range(count)] * copies
    return "\n".join(["text,label" + ",group" * groups, *rows])


def test_without_split_a_fifth_becomes_the_test(own, capsys):
    data = imdb(own(ungrouped(500)))
    assert (len(data.x_train), len(data.x_test)) == (400, 100)
    assert "no column split, so a fifth of the rows became the test" in capsys.readouterr().out
    again = imdb(own(ungrouped(500), "again.csv"))
    assert again.x_test.tolist() == data.x_test.tolist()
    assert len({int(text[5:]) // 100 for text in data.x_test}) == 5  # not the tail
    first = ["text 1", "text 2", "text 4", "text 9"]
    assert data.x_test[:4].tolist() == first  # the same on every machine


def test_own_split_keeps_groups_and_copies_together(own, capsys):
    data = imdb(own(ungrouped(500, groups=True)))
    assert len(data.x_test) == 100
    assert not set(data.group_train) & set(data.group_test)
    assert {int(text[5:]) % 50 for text in data.x_train}.isdisjoint(
        int(text[5:]) % 50 for text in data.x_test
    )
    assert "50 groups; no column split, so whole groups up to a fifth of the rows" in capsys.readouterr().out
    copied = imdb(own(ungrouped(100, copies=3)))
    assert len(copied.x_test) == 60 and not set(copied.x_train) & set(copied.x_test)


def test_own_split_leaves_a_giant_group_in_training(own):
    rows = [f"text {n},{n % 2},{'giant' if n < 70 else n}" for n in range(100)]
    data = imdb(own("\n".join(["text,label,group", *rows])))
    assert len(data.x_test) == 20 and {int(text[5:]) >= 70 for text in data.x_test} == {True}
    halves = imdb(own("text,label,group\na,0,x\nb,1,x\nc,0,x\nd,0,y\ne,1,y\n"))
    assert halves.x_test.tolist() == ["d", "e"]  # nothing fits: the smallest group


@pytest.mark.parametrize(
    ("columns", "labels", "names"),
    [
        ("rating,film", "01", ("negative", "positive")),
        ("rating,film", "ab", ("a", "b")),
        ("group,film", "01", ("0", "1")),
        ("rating,group", "01", ("0", "1")),
    ],
)
def test_only_the_normal_form_is_named_by_its_sentiment(own, columns, labels, names):
    rows = [f"text {n},{labels[n % 2]},{n},{n}" for n in range(40)]
    assert imdb(own("\n".join([f"text,label,{columns}", *rows]))).class_names == names


def test_rows_without_a_group_stand_alone(own):
    rows = [f"text {n},{n % 2},{'film' if n < 4 else ''}" for n in range(20)]
    data = imdb(own("\n".join(["text,label,group", *rows])))
    assert len(set(data.group_train) | set(data.group_test)) == 17
    assert len(data.x_test) == 4


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_marks_between_columns(own, mark):
    rows = [f'"a, b; c\t{number}|"{mark}{number % 2}' for number in range(10)]
    data = imdb(own("\n".join([f"text{mark}label", *rows])))
    assert sorted([*data.x_train, *data.x_test]) == [f"a, b; c\t{number}|" for number in range(10)]


ROWS = "good,1,train\nbad,0,train\nfine,1,test\npoor,0,test\n"
FAULTS = {
    "no label": ("text,class\na,b\n", "name the columns text, label; label is missing, found: text, class"),
    "no header": (ROWS, "text, label is missing, found: good, 1, train"),
    "empty": ("", "text, label is missing, found: nothing"),
    "header only": ("text,label\n", "there is no row below the first line"),
    "semicolons": ("text;class\na;1\n", r"label is missing, found: text, class"),
    "a comma among semicolons": (
        "text;label,class\na;1\n",
        r"text, label is missing, found: text;label",
    ),
    "column twice": ("text,label,Text\na,1,b\n", "names the column text twice: text, label, Text"),
    "stray comma": ("text,label\ngood, really,1\n", "line 2 has not the 2 columns of the first line"),
    "short row": ("text,label\ngood,1\nbad\n", "line 3 has not the 2 columns"),
    "open quote": ('text,label\n"good,1\nbad,0\n', "line 3 is not CSV .unexpected end of data"),
    "stray quote": ('text,label\n"good" film,1\n', "line 2 is not CSV .*texts in double quotes"),
    "latin-1": (
        "text,label\nnaïve,1\n".encode("latin-1"),
        "not UTF-8: it has the byte 0xef at 13, on line 2.*CSV",
    ),
    "late latin-1": (
        b"text,label\n" + b"good,1\n" * 100 + "schön,1\n".encode("cp1252") + b"bad,0\n" * 100,
        "not UTF-8: it has the byte 0xf6 at 714, on line 102. Save it as CSV in UTF-8",
    ),
    "empty text": ("text,label\na,1\n  ,0\n,1\n", r"2 rows have no text, the first on line 3\. Fill"),
    "no label value": ("text,label\na,1\nb,\nc,0\n", r"1 rows have no label, the first on line 3\."),
    "one class": ("text,label\na,1\nb,1\nc,1.0\n", "every row has the label '1'. A classifier needs two"),
    "numbers to predict": ("text,label\na,1.5\nb,2.5\nc,3.5\n", "label has 3 different values in 3 rows"),
    "odd split": ("text,label,split\n" + ROWS + "x,1,dev\n", "train or test, got 'dev' on line 6"),
    "no test": ("text,label,split\n" + ROWS.replace("test", "train"), "split is 'train' in every row"),
    "unseen": ("text,label,split\n" + ROWS + "x,2,test\ny,2,test\n", "that no training row shows: 2. Move"),
    "one group": ("text,label,group\na,1,x\nb,0,x\nc,1,x\nd,0,x\n", "all rows belong to one group"),
}


@pytest.mark.parametrize(("content", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_own_file_with_a_fault(own, content, message):
    path = own(content)
    before = path.read_bytes()
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        imdb(path)
    assert path.read_bytes() == before


def test_gzip_that_is_cut_or_a_bomb(own, monkeypatch):
    path = own("text,label\n" + "a,1\nb,0\n" * 50_000, "mine.csv.gz")
    monkeypatch.setattr(fetch.files, "MAX_TEXT", 300_000)
    with pytest.raises(DataError, match="more than 300,000 bytes of text"):
        imdb(path)
    monkeypatch.undo()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="the file cannot be read .*Is it whole"):
        imdb(path)


def test_file_that_may_not_be_read(own, monkeypatch):
    path = own(OWN)

    def denied(*_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(fetch.files, "open", denied, raising=False)
    with pytest.raises(DataError, match=r"the file cannot be read \(Permission denied\)"):
        imdb(path)


def test_own_texts_without_labels(own):
    assert imdb_unlabeled(own("id,text\n0,one\n1,two\n")).texts.tolist() == ["one", "two"]
    assert imdb_unlabeled(own("text,split\none,train\ntwo,Test\n")).texts.tolist() == ["one"]
    with pytest.raises(DataError, match="every row belongs to the test"):
        imdb_unlabeled(own("text,split\none,test\n"))
    with pytest.raises(DataError, match="must name the columns text; text is missing, found: words"):
        imdb_unlabeled(own("words\none\n"))


# -- the bundled sample


@pytest.fixture(scope="module")
def sample():
    return imdb("bundled")


@pytest.fixture(scope="module")
def sample_rows():
    with gzip.open(ROOT / "data" / "imdb-sample.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+|[^\w\s]", text.lower())


def test_sample_answers_without_a_network(capsys):
    data = imdb()
    line = capsys.readouterr().out
    assert line.startswith(
        "IMDB: 4,000 training and 1,000 test texts, 2 classes (negative, positive); 250 groups, "
    )
    assert "from the bundled imdb-sample.csv.gz. This is the small sample" in line
    assert data.source == "sample" and imdb_unlabeled("bundled").texts.tolist() == data.x_train.tolist()
    assert imdb(ROOT / "data" / "imdb-sample.csv.gz").source == "sample"


def test_sample_is_balanced_and_in_the_form_of_the_full_data(sample, sample_rows):
    assert np.bincount(sample.y_train).tolist() == [2000, 2000]
    assert np.bincount(sample.y_test).tolist() == [500, 500]
    assert list(sample_rows[0]) == ["split", "label", "id", "rating", "film", "text"]
    for row in sample_rows:
        low, high = (7, 10) if row["label"] == "1" else (1, 4)
        assert low <= int(row["rating"]) <= high
        assert 10 <= len(row["text"].split()) <= 45
        assert re.fullmatch(r"[A-Z][^{}]*\.", row["text"]) and "  " not in row["text"]
    assert set(Counter(row["film"] for row in sample_rows).values()) == {20}
    numbers = Counter((row["split"], row["label"], row["id"]) for row in sample_rows)
    assert set(numbers.values()) == {1} and len(numbers) == 5000


def test_sample_parts_share_no_film_and_no_sentence(sample):
    assert not set(sample.group_train) & set(sample.group_test)
    train, test = (
        {sentence.strip().lower() for text in texts for sentence in re.split(r"[.!?;]\s", text + " ")} - {""}
        for texts in (sample.x_train, sample.x_test)
    )
    whole = [
        {s.lower() for text in texts for s in re.findall(r"[^.]+\.", text)}
        for texts in (sample.x_train, sample.x_test)
    ]
    assert len(whole[1]) > 1000 and not whole[0] & whole[1]
    assert len(train) > 4000
    assert len(test & train) < 0.1 * len(test)  # even of the clauses between semicolons, few recur
    assert len(set(sample.x_train) | set(sample.x_test)) == 5000


def test_sample_has_the_same_words_under_both_labels(sample_rows):
    bags = {}
    for row in sample_rows:
        bags.setdefault(tuple(sorted(words(row["text"]))), set()).add(row["label"])
    both = sum(labels == {"0", "1"} for labels in bags.values())
    assert both > 0.68 * 2500


def test_sample_is_varied(sample):
    counts = Counter(word for text in sample.x_train for word in words(text))
    assert len(counts) > 300
    openings = Counter(" ".join(words(text)[:2]) for text in sample.x_train)
    assert openings.most_common(1)[0][1] < 400
    unseen = {word for text in sample.x_test for word in words(text)} - set(counts)
    assert not unseen  # what it tests is order, not unknown words


@pytest.mark.parametrize(
    ("bag", "highest"),
    [
        (CountVectorizer(binary=True), 0.70),
        (TfidfVectorizer(ngram_range=(1, 2)), 0.75),
        (TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"[\w']+|[^\w\s]", sublinear_tf=True), 0.75),
    ],
    ids=["words", "pairs", "pairs and marks"],
)
def test_bag_of_words_fails_on_the_sample(sample, bag, highest):
    model = make_pipeline(bag, LogisticRegression(C=10, max_iter=1_000))
    score = model.fit(sample.x_train, sample.y_train).score(sample.x_test, sample.y_test)
    assert 0.5 < score <= highest


def test_script_rebuilds_the_sample():
    stored = (ROOT / "data" / "imdb-sample.csv.gz").read_bytes()
    built = make_imdb_sample.build()
    check_rebuilt(ROOT / "data" / "imdb-sample.csv.gz", built)
    assert built == make_imdb_sample.build()
    assert built[:10] == stored[:10] and built[4:8] == bytes(4)  # no time in the header
    assert len(stored) < 300_000


@pytest.mark.parametrize("seed", [1, 2])
def test_twins_say_the_opposite_with_their_own_words(seed):
    writer = make_imdb_sample.Writer(seed)
    for form in ("contrast", "report", "verdict", "chorus"):
        kind, unkind = writer.bodies(form, "The Title")
        assert kind != unkind and Counter(words(kind)) == Counter(words(unkind))
        assert "{" not in kind + unkind
    kind, unkind = writer.bodies("plain", "The Title")
    assert words(kind) != words(unkind)
