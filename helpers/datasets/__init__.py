"""The data of the recipes: one loader each, which also takes the reader's own file.

Every loader prints which source answered, with counts, and raises `DataError` for every problem. Each
dataset is one file here, which reads from its origin down to its loader; `fetch` holds what they share.
"""

from helpers.datasets._alarms import AlarmData, alarms
from helpers.datasets._benchmark_text import BenchmarkText, benchmark_text
from helpers.datasets._chorale_tokens import (
    as_chorales,
    as_tokens,
    chorale_batches,
    chorale_inputs,
    chorale_lines,
)
from helpers.datasets._chorales import ChoraleData, chorales
from helpers.datasets._imdb import imdb, imdb_unlabeled
from helpers.datasets._intents import IntentData, intents
from helpers.datasets._interactions import InteractionData, interactions
from helpers.datasets._labelled import ReviewData
from helpers.datasets._melody import Melody, melody
from helpers.datasets._mnist import ImageData, mnist
from helpers.datasets._notation import as_kern, as_wav, notes, write_midi
from helpers.datasets._plain_text import TextData, plain_text
from helpers.datasets._power_load import LoadData, power_load
from helpers.datasets._prices import PriceData, prices
from helpers.datasets._slots import SlotData, slots
from helpers.datasets._spoken import SpokenData, spoken_digits
from helpers.datasets._tang_poems import PoemData, tang_poems
from helpers.datasets._translation_pairs import PairData, translation_pairs
from helpers.datasets._voice_leading import crossings, in_any_key, parallels, voice_leading
from helpers.datasets._wav import read_wav
from helpers.datasets.fetch import DataError, cache_folder

__all__ = [
    "AlarmData",
    "BenchmarkText",
    "ChoraleData",
    "DataError",
    "ImageData",
    "IntentData",
    "InteractionData",
    "LoadData",
    "Melody",
    "PairData",
    "PoemData",
    "PriceData",
    "ReviewData",
    "SlotData",
    "SpokenData",
    "TextData",
    "alarms",
    "as_chorales",
    "as_kern",
    "as_tokens",
    "as_wav",
    "benchmark_text",
    "cache_folder",
    "chorale_batches",
    "chorale_inputs",
    "chorale_lines",
    "chorales",
    "crossings",
    "imdb",
    "imdb_unlabeled",
    "in_any_key",
    "intents",
    "interactions",
    "melody",
    "mnist",
    "notes",
    "parallels",
    "plain_text",
    "power_load",
    "prices",
    "read_wav",
    "slots",
    "spoken_digits",
    "tang_poems",
    "translation_pairs",
    "voice_leading",
    "write_midi",
]
