"""The data of the recipes: one loader each, which also takes the reader's own file.

Every loader prints which source answered, with counts, and raises `DataError` for every problem. Each
dataset is one file here, which reads from its origin down to its loader; `fetch` holds what they share.
"""

from helpers.datasets._alarm_budget import AlarmBudget, alarm_steps, best_f1, judge_alarms
from helpers.datasets._alarm_inputs import known_before
from helpers.datasets._alarm_streams import AlarmStream, alarm_streams
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
from helpers.datasets._dialogues import ScriptedUser, scripted_users, short_answers
from helpers.datasets._forms import needed_slots
from helpers.datasets._histories import draw_negatives, pad_histories
from helpers.datasets._imdb import imdb, imdb_unlabeled
from helpers.datasets._intents import IntentData, intents
from helpers.datasets._interactions import InteractionData, interactions
from helpers.datasets._labelled import ReviewData
from helpers.datasets._load_panel import LoadPanel
from helpers.datasets._melody import Melody, melody
from helpers.datasets._mnist import ImageData, mnist
from helpers.datasets._notation import as_kern, as_wav, notes, write_midi
from helpers.datasets._plain_text import TextData, plain_text
from helpers.datasets._power_load import LoadData, power_load
from helpers.datasets._prices import PriceData, prices
from helpers.datasets._requests import apart
from helpers.datasets._slots import SlotData, slot_answers, slot_targets, slots
from helpers.datasets._spoken import SpokenData, spoken_digits
from helpers.datasets._tagged import iob2, slot_words, usual_tags, word_features
from helpers.datasets._tang_poems import PoemData, tang_poems
from helpers.datasets._translation_pairs import PairData, translation_pairs
from helpers.datasets._voice_leading import crossings, in_any_key, parallels, voice_leading
from helpers.datasets._wav import read_wav
from helpers.datasets._word_batches import batches_of, word_batch
from helpers.datasets.fetch import DataError, cache_folder

__all__ = [
    "AlarmBudget",
    "AlarmData",
    "AlarmStream",
    "BenchmarkText",
    "ChoraleData",
    "DataError",
    "ImageData",
    "IntentData",
    "InteractionData",
    "LoadData",
    "LoadPanel",
    "Melody",
    "PairData",
    "PoemData",
    "PriceData",
    "ReviewData",
    "ScriptedUser",
    "SlotData",
    "SpokenData",
    "TextData",
    "alarm_steps",
    "alarm_streams",
    "alarms",
    "apart",
    "as_chorales",
    "as_kern",
    "as_tokens",
    "as_wav",
    "batches_of",
    "benchmark_text",
    "best_f1",
    "cache_folder",
    "chorale_batches",
    "chorale_inputs",
    "chorale_lines",
    "chorales",
    "crossings",
    "draw_negatives",
    "imdb",
    "imdb_unlabeled",
    "in_any_key",
    "intents",
    "interactions",
    "iob2",
    "judge_alarms",
    "known_before",
    "melody",
    "mnist",
    "needed_slots",
    "notes",
    "pad_histories",
    "parallels",
    "plain_text",
    "power_load",
    "prices",
    "read_wav",
    "scripted_users",
    "short_answers",
    "slot_answers",
    "slot_targets",
    "slot_words",
    "slots",
    "spoken_digits",
    "tang_poems",
    "translation_pairs",
    "usual_tags",
    "voice_leading",
    "word_batch",
    "word_features",
    "write_midi",
]
