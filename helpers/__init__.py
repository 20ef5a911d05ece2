"""Helpers shared by the recipes: data, text and series, decoding, metrics, plots, runtime set-up."""
