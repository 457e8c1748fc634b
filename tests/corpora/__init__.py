"""Kinds of image file and of data folder, good and bad, with what augjax must make of each."""
