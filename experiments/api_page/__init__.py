"""The API page of the transforms, with a picture of each."""
