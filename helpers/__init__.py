"""Helpers shared by the recipes: data, text and series preparation, decoding, metrics, plots, runtime set-up."""
